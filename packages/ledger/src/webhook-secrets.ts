import { oneRow, rows, type Ledger } from './connect.js';

/** `shop`: what the shop's webhooks are signed with. `hft71`: what HFT71's webhook shows. */
export type WebhookSide = 'shop' | 'hft71';

export interface StoredWebhookSecret {
  readonly shopId: string;
  readonly side: WebhookSide;
  /** Closed with RELAY_SECRET_KEY. */
  readonly closed: string;
  /** Keyed hash of the setting that it stands instead of: another setting counts again. */
  readonly insteadOf: string;
  /** A closed JSON list of those before; null when none are taken any more. */
  readonly previousClosed: string | null;
  /** How long those are taken yet; null: without end, since the rotation is not complete. */
  readonly previousForMs: number | null;
  /** The database's time of reading, in ms since 1970. */
  readonly readAtMs: number;
}

export async function storedWebhookSecrets(ledger: Ledger): Promise<StoredWebhookSecret[]> {
  return rows<StoredWebhookSecret>(
    ledger.pool,
    `select shop_id as "shopId", side, closed, instead_of as "insteadOf",
            case when previous_until is null or previous_until > now() then previous_closed end as "previousClosed",
            extract(epoch from previous_until - now())::float8 * 1000 as "previousForMs", extract(epoch from now())::float8 * 1000 as "readAtMs"
     from webhook_secret`,
  );
}

/** A rotation begins: the new one and those before are taken, the latter without end until it is complete. */
export async function beginWebhookSecret(
  ledger: Ledger,
  secret: Pick<StoredWebhookSecret, 'shopId' | 'side' | 'closed' | 'insteadOf' | 'previousClosed'>,
): Promise<void> {
  await ledger.pool.query(
    `insert into webhook_secret (shop_id, side, closed, instead_of, previous_closed) values ($1, $2, $3, $4, $5)
     on conflict (shop_id, side) do update set closed = excluded.closed, instead_of = excluded.instead_of,
       previous_closed = excluded.previous_closed, previous_until = null, changed_at = now()`,
    [secret.shopId, secret.side, secret.closed, secret.insteadOf, secret.previousClosed],
  );
}

/**
 * The other side has the new secret: those before are taken for so long yet. @param closed the rotation that is complete.
 * @returns false when another rotation has begun meanwhile.
 */
export async function endPreviousSecrets(
  ledger: Ledger,
  rotation: Pick<StoredWebhookSecret, 'shopId' | 'side' | 'closed'>,
  keepMs: number,
): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update webhook_secret set previous_until = now() + $4::float8 * interval '1 millisecond'
     where shop_id = $1 and side = $2 and closed = $3 returning shop_id`,
    [rotation.shopId, rotation.side, rotation.closed, keepMs],
  );
  return row !== null;
}
