import { inTransaction, oneRow, type Ledger } from './connect.js';
import { writeAuditOn } from './audit.js';
import type { HandOffState } from '@relay/core';

export interface PersonsAct {
  readonly actor: string;
  readonly reason: string;
}

/**
 * `waiting, ready → held(person)`; with a doubt `held(in-doubt)`, the doubt kept, and `held(person)` once it is proven
 * absent: the hold is remembered until a person lets it go. A prepared attempt does not keep it
 * from being held: its claim finds the order not ready. @returns the state before; null when it was in none of these.
 */
export async function holdByPerson(ledger: Ledger, intentId: string, by: PersonsAct): Promise<HandOffState | null> {
  return inTransaction(ledger, async (client) => {
    const row = await oneRow<{ was: HandOffState; subject: string }>(
      client,
      `with was as (select id, state from intent where id = $1 for update)
       update intent i set state = 'held', reason = case when i.doubt_since is not null then 'in-doubt' else 'person' end,
         reason_detail = $2, person_hold = $2, dispatched_until = null, state_since = now()
       from was where i.id = was.id and was.state in ('waiting', 'ready')
       returning was.state as was, i.shop_id || '/' || i.order_id as subject`,
      [intentId, by.reason],
    );
    if (row === null) return null;
    await writeAuditOn(client, { ...by, action: 'orders hold', subject: row.subject, details: { was: row.was } });
    return row.was;
  });
}

/**
 * `held by a person or by the deadline, without doubt → ready`; a reprint that was held for mapping as well, since nothing
 * else brings it back. One that the shop cancelled meanwhile ends so.
 * @returns null when it is not held for one of these.
 */
export async function releaseHeld(
  ledger: Ledger,
  intentId: string,
  by: PersonsAct,
): Promise<'ready' | 'cancelled' | null> {
  return inTransaction(ledger, async (client) => {
    const row = await oneRow<{ state: 'ready' | 'cancelled'; subject: string; was: string }>(
      client,
      `with was as (select id, reason from intent where id = $1 for update)
       update intent i set state = case when i.cancel_requested then 'cancelled' else 'ready' end, reason = null, reason_detail = null, person_hold = null,
         failures = 0, not_before = null, dispatched_until = null, could_go_from = null, last_failure = null, state_since = now()
       from was where i.id = was.id and i.state = 'held' and i.doubt_since is null
         and (was.reason in ('person', 'deadline') or was.reason = 'mapping' and i.kind = 'reprint')
       returning i.state, was.reason as was, i.shop_id || '/' || i.order_id as subject`,
      [intentId],
    );
    if (row === null) return null;
    await writeAuditOn(client, { ...by, action: 'orders release', subject: row.subject, details: { was: row.was } });
    return row.state;
  });
}
