import { rows, type Ledger } from './connect.js';

/** Closed with RELAY_SECRET_KEY: keys and passwords are in it. */
export interface StoredShopSettings {
  readonly shopId: string;
  readonly closed: string;
}

export async function storedShopSettings(ledger: Ledger): Promise<StoredShopSettings[]> {
  return rows(ledger.pool, 'select shop_id as "shopId", closed from shop_settings order by shop_id');
}

export async function storeShopSettings(ledger: Ledger, { shopId, closed }: StoredShopSettings): Promise<void> {
  await ledger.pool.query(
    `insert into shop_settings (shop_id, closed) values ($1, $2)
     on conflict (shop_id) do update set closed = excluded.closed, changed_at = now()`,
    [shopId, closed],
  );
}
