import { oneRow, rows, type Ledger } from './connect.js';

export interface WrittenStock {
  readonly productId: number;
  readonly sku: string;
  readonly before: number | null;
  readonly after: number;
  readonly hft71: number | null;
  readonly reserved: number;
  readonly safety: number;
  readonly cause: StockCause;
}

/** Why a figure was written: what is another than at the last write. `shop`: nothing of ours; the shop's figure moved. */
export type StockCause = 'first' | 'hft71' | 'orders' | 'safety' | 'missing' | 'raced' | 'shop';

/** What a batch wrote: the catalogue shows it, and it is looked later whether a sale was overwritten. */
export async function noteStockWritten(
  ledger: Ledger,
  { shopId, runId, readAt }: { shopId: string; runId: string; readAt: Date },
  items: readonly WrittenStock[],
): Promise<void> {
  if (items.length === 0) return;
  await ledger.pool.query(
    `with written as (
       select * from unnest($4::bigint[], $5::text[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[], $11::text[])
         as u(product_id, sku, before, after, hft71, reserved, safety, cause)
     ),
     shown as (
       update catalogue_item c set stock = w.after, differs_since = null, problem = null, read_at = now(),
              raced = raced + case when w.cause = 'raced' then 1 else 0 end
       from written w where c.shop_id = $1 and c.product_id = w.product_id
     )
     insert into stock_change as sc (shop_id, run_id, read_at, product_id, sku, before, after, hft71, reserved, safety, cause)
     select $1, $2, $3, w.* from written w
     on conflict (shop_id, product_id) do update set
       sku = excluded.sku, run_id = excluded.run_id, at = now(), before = excluded.before, after = excluded.after,
       hft71 = excluded.hft71, reserved = excluded.reserved, safety = excluded.safety, cause = excluded.cause,
       -- an earlier write that nobody looked at yet counts from its own reading
       read_at = case when sc.checked_at is null then least(sc.read_at, excluded.read_at) else excluded.read_at end,
       checked_at = null`,
    [
      shopId,
      runId,
      readAt,
      items.map(({ productId }) => productId),
      items.map(({ sku }) => sku),
      items.map(({ before }) => before),
      items.map(({ after }) => after),
      items.map(({ hft71 }) => hft71),
      items.map(({ reserved }) => reserved),
      items.map(({ safety }) => safety),
      items.map(({ cause }) => cause),
    ],
  );
}

/**
 * A batch whose answer never came, or said nothing of an item: it may have been written. It is looked at like one that
 * was, and compared again by the next run.
 */
export async function noteStockProblems(
  ledger: Ledger,
  shopId: string,
  problems: readonly { readonly productId: number; readonly problem: string }[],
): Promise<void> {
  if (problems.length === 0) return;
  await ledger.pool.query(
    `update catalogue_item c set problem = u.problem from unnest($2::bigint[], $3::text[]) as u(product_id, problem)
     where c.shop_id = $1 and c.product_id = u.product_id`,
    [shopId, problems.map(({ productId }) => productId), problems.map(({ problem }) => problem)],
  );
}

/** The last write of each of these, to tell why the next one is made. */
export async function lastStockChanges(
  ledger: Ledger,
  shopId: string,
  productIds: readonly number[],
): Promise<ReadonlyMap<number, { after: number; hft71: number | null; reserved: number; safety: number }>> {
  const found = await rows<{
    productId: string;
    after: number;
    hft71: number | null;
    reserved: number;
    safety: number;
  }>(
    ledger.pool,
    `select product_id as "productId", after, hft71, reserved, safety from stock_change
     where shop_id = $1 and product_id = any($2::bigint[])`,
    [shopId, productIds],
  );
  return new Map(found.map(({ productId, ...change }) => [Number(productId), change]));
}

/**
 * Writes of which nobody has looked yet whether a sale fell between the reading and them: the ledger knows every order up
 * to now (a sweep came first). Those whose orders did not move since the reading are looked at by this alone.
 * @param until the ledger's time before that sweep began. @returns SKUs whose figure has to be read again.
 */
export async function takeUncheckedStock(
  ledger: Ledger,
  shopId: string,
  until: Date,
): Promise<{ productId: number; sku: string }[]> {
  const found = await rows<{ productId: string; sku: string }>(
    ledger.pool,
    `with unchecked as materialized (
       select * from stock_change where shop_id = $1 and checked_at is null and at <= $2
     ),
     sold as materialized (
       select line ->> 'sku' as sku, max(o.updated_at) as at from shop_order o cross join jsonb_array_elements(o.lines) line
       where o.shop_id = $1 and o.updated_at >= (select min(read_at) from unchecked) group by 1
     ),
     moved as (
       select c.product_id from unchecked c join sold on sold.sku = c.sku and sold.at >= c.read_at
     ),
     quiet as (
       update stock_change sc set checked_at = now()
       where shop_id = $1 and checked_at is null and at <= $2 and product_id not in (select product_id from moved)
     )
     select sc.product_id as "productId", sc.sku from stock_change sc join moved using (product_id) where sc.shop_id = $1`,
    [shopId, until],
  );
  return found.map(({ productId, sku }) => ({ productId: Number(productId), sku }));
}

/** These were read again and are right: written at `until` or before. */
export async function noteStockChecked(
  ledger: Ledger,
  shopId: string,
  productIds: readonly number[],
  until: Date,
): Promise<void> {
  await ledger.pool.query(
    'update stock_change set checked_at = now() where shop_id = $1 and product_id = any($2::bigint[]) and at <= $3',
    [shopId, productIds, until],
  );
}

export async function ledgerNow(ledger: Ledger): Promise<Date> {
  const row = await oneRow<{ now: Date }>(ledger.pool, 'select clock_timestamp() as now', []);
  return (row as { now: Date }).now;
}

export async function setSafetyStock(
  ledger: Ledger,
  shopId: string,
  sku: string,
  pieces: number | null,
): Promise<void> {
  if (pieces === null) {
    await ledger.pool.query('delete from safety_stock where shop_id = $1 and sku = $2', [shopId, sku]);
    return;
  }
  await ledger.pool.query(
    `insert into safety_stock (shop_id, sku, pieces) values ($1, $2, $3)
     on conflict (shop_id, sku) do update set pieces = excluded.pieces`,
    [shopId, sku, pieces],
  );
}

export async function safetyStocks(ledger: Ledger, shopId: string): Promise<{ sku: string; pieces: number }[]> {
  return rows(ledger.pool, 'select sku, pieces from safety_stock where shop_id = $1 order by sku', [shopId]);
}
