import { planned, rows, type Ledger } from './connect.js';

export interface Rescued {
  readonly intentId: string;
  readonly orderId: number;
  readonly shopId: string;
}

/** `sending` whose lease is over: the worker died or sleeps, and nobody knows what HFT71 did. In doubt. */
export async function rescueLeases(ledger: Ledger, settleMs: number): Promise<Rescued[]> {
  return toRescued(
    await rows(
      ledger.pool,
      planned(
        'rescue leases',
        `with over as (
         update intent set state = 'in_doubt', reason = null, doubt_since = coalesce(doubt_since, now()), unreadable_look_ups = 0, look_up_at = null,
           settle_until = now() + $1::bigint * interval '1 millisecond', lease_until = null, dispatched_until = null,
           last_failure = 'lease-expired', state_since = now()
         where state = 'sending' and lease_until < now()
         returning id, token, order_id, shop_id
       ),
       ended as (
         update attempt a set ended_at = now(), outcome = 'in_doubt', cause = 'lease-expired'
         from over where a.token = over.token and a.ended_at is null
       )
       select id as "intentId", order_id as "orderId", shop_id as "shopId" from over`,
      ),
      [settleMs],
    ),
  );
}

/**
 * An attempt that was prepared and neither claimed nor ended for this long: abandoned, its token void. If its marker
 * reached the shop, the next attempt reads it there and the order is in doubt.
 */
export async function rescuePrepared(ledger: Ledger, preparedTimeoutMs: number): Promise<Rescued[]> {
  return toRescued(
    await rows(
      ledger.pool,
      planned(
        'rescue prepared',
        `with abandoned as (
         update attempt set ended_at = now(), outcome = 'abandoned', cause = 'worker-gone'
         where ended_at is null and claimed_at is null and prepared_at < now() - $1::bigint * interval '1 millisecond'
         returning token, intent_id
       )
       update intent i set token = null, dispatched_until = null
       from abandoned where i.id = abandoned.intent_id and i.token = abandoned.token and i.state <> 'sending'
       returning i.id as "intentId", i.order_id as "orderId", i.shop_id as "shopId"`,
      ),
      [preparedTimeoutMs],
    ),
  );
}

export interface DoubtRules {
  /** `HFT71_DUPLICATE_REFERENCE` */
  readonly policy: 'unknown' | 'rejects' | 'replays';
  /** `HFT71_LOOKUP_PATH` is set. */
  readonly hasLookUp: boolean;
}

/** Look-ups after settle that prove nothing before a person is asked, or the policy followed. */
export const TRIES_OF_A_LOOK_UP = 2;

/**
 * `in_doubt → held(in-doubt)`: a doubt that may not be sent again by policy, and that no look-up is going to settle. With
 * a look-up that means that it was asked twice after settle and proved nothing; it goes on being asked.
 */
export async function holdDoubts(
  ledger: Ledger,
  accountId: string,
  { policy, hasLookUp }: DoubtRules,
): Promise<Rescued[]> {
  return toRescued(
    await rows(
      ledger.pool,
      planned(
        'hold doubts',
        `update intent set state = 'held', reason = 'in-doubt', state_since = now()
       where account_id = $1 and state = 'in_doubt' and ($2::boolean or cancel_requested or no_resend or person_hold is not null)
         and (not $3::boolean or settle_until <= now() and unreadable_look_ups >= ${TRIES_OF_A_LOOK_UP})
       returning id as "intentId", order_id as "orderId", shop_id as "shopId"`,
      ),
      [accountId, policy === 'unknown', hasLookUp],
    ),
  );
}

function toRescued(found: Record<string, unknown>[]): Rescued[] {
  return found.map((row) => ({
    intentId: String(row['intentId']),
    orderId: Number(row['orderId']),
    shopId: String(row['shopId']),
  }));
}
