import { rows, type Ledger } from './connect.js';
import type { Rescued } from './rescue.js';

/**
 * The deadline's clock runs for a shop only while its orders could go: live and not paused, both breakers closed, the account not frozen,
 * and somebody there to send (a step of more than 5 s had no worker). So waiting for an outage never ages an order
 * towards a person.
 */
export async function advanceCouldGo(ledger: Ledger): Promise<void> {
  await ledger.pool.query(
    `update shop s set could_go_at = now(), could_go_ms = s.could_go_ms + case
       when s.mode = 'live' and s.paused_at is null and a.breaker_state = 'closed' and not coalesce(a.frozen_until > now(), false)
         and coalesce(h.breaker_state, 'closed') = 'closed'
       then least(5000, greatest(0, extract(epoch from now() - coalesce(s.could_go_at, now())) * 1000))::bigint else 0 end
     from account a, shop t left join shop_host h on h.id = t.host
     where a.id = s.account_id and t.id = s.id`,
  );
}

/** Dispatched for the first time so long ago, by that clock, and still not gone: held, and never a dead state. */
export async function holdOverdue(ledger: Ledger, deadlineMs: number): Promise<Rescued[]> {
  const found = await rows<{ intentId: string; orderId: string; shopId: string }>(
    ledger.pool,
    `update intent i set state = 'held', reason = case when i.doubt_since is not null then 'in-doubt' else 'deadline' end,
       reason_detail = 'could have gone for ' || round((s.could_go_ms - i.could_go_from) / 3600000.0, 1) || ' h; the last failure: '
         || coalesce(i.last_failure, 'none'),
       dispatched_until = null, state_since = now()
     from shop s
     where s.id = i.shop_id and i.state = 'ready' and i.kind in ('send_order', 'reprint') and s.could_go_ms - i.could_go_from >= $1::bigint
       and not exists (select 1 from attempt t where t.intent_id = i.id and t.claimed_at is null and t.ended_at is null)
     returning i.id as "intentId", i.order_id as "orderId", i.shop_id as "shopId"`,
    [deadlineMs],
  );
  return found.map((row) => ({ ...row, orderId: Number(row.orderId) }));
}

const TOO_OLD = `i.state = 'ready' and i.kind in ('send_order', 'reprint') and i.state_since < now() - $1::bigint * interval '1 millisecond'`;

/** Orders that wait for long, whatever the reason: age has an alert of its own, and asks nobody to release anything. */
export async function tellAge(ledger: Ledger, olderThanMs: number): Promise<{ shopId: string; message: string }[]> {
  await ledger.pool.query(
    `update alert a set resolved_at = now() where a.kind = 'orders wait' and a.resolved_at is null
       and not exists (select 1 from intent i join shop s on s.id = i.shop_id and s.mode = 'live' where i.shop_id = a.subject and ${TOO_OLD})`,
    [olderThanMs],
  );
  return rows(
    ledger.pool,
    `insert into alert (kind, severity, subject, message)
     select 'orders wait', 2, i.shop_id, count(*) || ' orders have waited for more than ' || round($1 / 3600000.0, 1) || ' h to be sent'
     from intent i join shop s on s.id = i.shop_id and s.mode = 'live' where ${TOO_OLD} group by i.shop_id
     on conflict (kind, subject) where resolved_at is null do nothing returning subject as "shopId", message`,
    [olderThanMs],
  );
}
