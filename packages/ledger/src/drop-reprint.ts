import { writeAuditOn } from './audit.js';
import { inTransaction, oneRow, type Ledger } from './connect.js';
import type { PersonsAct } from './hold-release.js';
import { MAY_BE_AT_HFT71 } from './receive-order.js';

export type Dropped =
  | { readonly kind: 'dropped'; readonly reference: string }
  | {
      /** It was sent or is on its way; HFT71 may have it; or there is none that has not ended. */
      readonly kind: 'not-dropped';
      readonly state: string | null;
    };

/**
 * A person takes back a reprint that HFT71 surely does not have: `waiting, ready, held, rejected → cancelled(dropped)`, as
 * a deletion of its order ends it. A prepared attempt does not keep it from being dropped: its claim finds it not ready.
 * One that a restored ledger may have sent before is not dropped: nobody would look for it any more.
 */
export async function dropReprint(
  ledger: Ledger,
  order: { shopId: string; orderId: number },
  by: PersonsAct,
): Promise<Dropped> {
  return inTransaction(ledger, async (client) => {
    const open = await oneRow<{ id: string; reference: string; state: string; surelyAbsent: boolean }>(
      client,
      `select i.id, i.reference, i.state, not ${MAY_BE_AT_HFT71} and not i.may_be_forgotten as "surelyAbsent" from intent i
       where i.shop_id = $1 and i.order_id = $2 and i.kind = 'reprint' and i.state <> 'cancelled'
       order by i.copy desc limit 1 for update`,
      [order.shopId, order.orderId],
    );
    if (open === null || !open.surelyAbsent || !['waiting', 'ready', 'held', 'rejected'].includes(open.state))
      return { kind: 'not-dropped', state: open?.state ?? null };
    await client.query(
      `update intent set state = 'cancelled', reason = $2, reason_detail = $3, person_hold = null, dispatched_until = null,
         state_since = now() where id = $1`,
      [open.id, DROPPED, by.reason],
    );
    await writeAuditOn(client, {
      ...by,
      action: 'orders reprint --drop',
      subject: `${order.shopId}/${order.orderId}`,
      details: { reference: open.reference, was: open.state },
    });
    return { kind: 'dropped', reference: open.reference };
  });
}

/** The reason of a reprint that a person took back: nobody is told that it was not made. */
export const DROPPED = 'dropped';
