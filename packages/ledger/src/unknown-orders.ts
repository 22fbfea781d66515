import { oneRow, rows, type Ledger } from './connect.js';

/**
 * HFT71's webhook named an order. @returns `known` when an intent of the account has it; `kept` when none has: it may be
 * the order of a doubt, and is asked for while there is one (protocol, "A free look-up").
 */
export async function keepIfUnknown(
  ledger: Ledger,
  accountId: string,
  hft71OrderId: string,
): Promise<'known' | 'kept'> {
  const row = await oneRow<{ known: boolean }>(
    ledger.pool,
    `with old as (delete from unknown_order where account_id = $1 and first_seen_at < now() - interval '7 days'),
     known as (select 1 from intent where account_id = $1 and hft71_order_id = $2),
     kept as (
       insert into unknown_order (account_id, hft71_order_id) select $1, $2 where not exists (select 1 from known)
         and (select count(*) from unknown_order where account_id = $1) < ${MOST_KEPT}
       on conflict (account_id, hft71_order_id) do nothing
     )
     select exists (select 1 from known) as known`,
    [accountId, hft71OrderId],
  );
  return row?.known === true ? 'known' : 'kept';
}

/** Whoever has the webhook's secret cannot fill the ledger. */
const MOST_KEPT = 10_000;

/** Takes unknown ids to be asked for now: only while an order of the account is in doubt. Each try waits twice as long. */
export async function takeUnknownOrders(
  ledger: Ledger,
  accountId: string,
  { againMs, limit }: { againMs: number; limit: number },
): Promise<string[]> {
  const found = await rows<{ id: string }>(
    ledger.pool,
    `with due as (
       select account_id, hft71_order_id from unknown_order u
       where account_id = $1 and ask_at <= now() and reference is null
         and exists (select 1 from intent i where i.account_id = $1 and i.doubt_since is not null)
       order by first_seen_at desc limit $3 for update skip locked
     )
     update unknown_order u set asked = asked + 1, ask_at = now() + interval '1 millisecond' * ($2::bigint * 2 ^ least(6, u.asked))
     from due where u.account_id = due.account_id and u.hft71_order_id = due.hft71_order_id
     returning u.hft71_order_id as id`,
    [accountId, againMs, limit],
  );
  return found.map(({ id }) => id);
}

/** HFT71 told the reference. @returns the doubt that it settles, and the id that the reference's order has already. */
export async function rememberReference(
  ledger: Ledger,
  accountId: string,
  hft71OrderId: string,
  reference: string,
): Promise<{ intentId: string; token: string | null; shopId: string; orderId: number; hasId: string | null } | null> {
  const row = await oneRow<{
    intentId: string;
    token: string | null;
    shopId: string;
    orderId: string;
    hasId: string | null;
  }>(
    ledger.pool,
    `with told as (
       update unknown_order set reference = $3 where account_id = $1 and hft71_order_id = $2
     )
     select id as "intentId", token, shop_id as "shopId", order_id as "orderId", hft71_order_id as "hasId"
     from intent where account_id = $1 and reference = $3`,
    [accountId, hft71OrderId, reference],
  );
  return row === null ? null : { ...row, orderId: Number(row.orderId) };
}

/** An id that an intent has by now, or one of an order that HFT71 does not know, is no longer of use. */
export async function forgetUnknownOrder(ledger: Ledger, accountId: string, hft71OrderId: string): Promise<void> {
  await ledger.pool.query('delete from unknown_order where account_id = $1 and hft71_order_id = $2', [
    accountId,
    hft71OrderId,
  ]);
}

/** Orders of which HFT71 told the reference before this account's order came in doubt. */
export async function rememberedOrders(
  ledger: Ledger,
  accountId: string,
): Promise<{ hft71OrderId: string; reference: string }[]> {
  return rows(
    ledger.pool,
    `select u.hft71_order_id as "hft71OrderId", u.reference from unknown_order u join intent i on i.account_id = u.account_id and i.reference = u.reference
     where u.account_id = $1 and i.doubt_since is not null and i.hft71_order_id is null
       and (i.state = 'in_doubt' or i.state = 'held' and i.reason in ('in-doubt', 'exists')) limit 20`,
    [accountId],
  );
}
