import {
  boostStock,
  countStockFindings,
  currentBoost,
  currentFeed,
  lastStockSync,
  loadShop,
  loadStockRun,
  safetyStocks,
  setSafetyStock,
  skusKnown,
  stockDrift,
  stockFindings,
  stockRuns,
  wantStockRun,
  writeAudit,
  type FeedView,
  type FoundStock,
  type StockDrift,
  type StockFinding,
  type StockRun,
  type StockRunOptions,
  type StockScope,
} from '@relay/ledger';
import { sweep } from '@relay/intake';
import { ourSkus, verifyStock, type VerifiedSku } from '@relay/stock';
import { refused, type Refusal } from './held-orders.js';
import { intakeContext, type ConnectedShop, type Relay } from './relay.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A raise of the frequency is temporary and bounded. */
export const BOOST_LIMITS = { leastEveryMs: MINUTE_MS, longestMs: 24 * HOUR_MS } as const;
/** A boosted shop may use so much of the account's calls for reading the feed: orders and statuses go on. */
const MOST_OF_THE_BUDGET = 0.5;

export interface StockAct {
  readonly actor: string;
  readonly reason: string | null;
}

/** `relay stock sync`: a worker makes the run within seconds. */
export async function askStockRun(
  { ledger }: Relay,
  shop: ConnectedShop,
  options: StockRunOptions,
  act: StockAct,
): Promise<{ kind: 'asked'; runId: string } | Refusal> {
  if (options.force && act.reason === null)
    return refused('a forced run needs a reason', 'say why with --reason: it goes into the record');
  const view = await loadShop(ledger, shop.id);
  if (view?.mode !== 'live' && !options.dryRun)
    return refused(
      `the shop is ${view?.mode ?? 'not connected yet'}: its stock is not the relay’s to write`,
      'compare with --dry-run, or go live with relay mode live',
    );
  const unknown = options.skus === null ? [] : await notKnown(ledger, shop, options.skus);
  if (unknown.length > 0)
    return refused(
      `neither HFT71’s feed nor the shop has ${unknown.slice(0, 5).join(', ')}`,
      'SKUs are the same to the letter, capitals and blanks too: relay stock report lists those that differ',
    );
  const runId = await wantStockRun(ledger, { shopId: shop.id, options, ...act });
  await writeAudit(ledger, {
    ...act,
    action: 'stock sync',
    subject: shop.id,
    details: { run: runId, ...options },
  });
  return { kind: 'asked', runId };
}

async function notKnown(
  ledger: Relay['ledger'],
  shop: ConnectedShop,
  skus: readonly string[],
): Promise<readonly string[]> {
  const known = await skusKnown(ledger, shop, skus);
  return skus.filter((sku) => !known.has(sku));
}

export async function stockRun({ ledger }: Pick<Relay, 'ledger'>, runId: string): Promise<StockRun | null> {
  return /^\d{1,18}$/.test(runId) ? loadStockRun(ledger, runId) : null;
}

export interface StockStatus {
  readonly shop: string;
  readonly enabled: boolean;
  readonly everyMs: number;
  readonly boost: { readonly everyMs: number; readonly until: Date } | null;
  readonly feed: FeedView | null;
  readonly lastSync: Date | null;
  readonly drifting: number;
  readonly findings: readonly { readonly kind: StockFinding; readonly count: number }[];
  readonly safety: readonly { readonly sku: string; readonly pieces: number }[];
  readonly runs: readonly StockRun[];
}

const RUNS = 10;
/** More are counted as so many. */
export const MOST_DRIFT = 1_000;

export async function stockStatus({ ledger }: Pick<Relay, 'ledger'>, shop: ConnectedShop): Promise<StockStatus> {
  const feed = await currentFeed(ledger, shop.accountId);
  const [boost, lastSync, drift, findings, safety, runs] = await Promise.all([
    currentBoost(ledger, shop.id),
    lastStockSync(ledger, shop.id),
    stockDrift(ledger, scopeOf(shop), { limit: MOST_DRIFT }),
    feed === null ? [] : countStockFindings(ledger, shop.id, feed.id),
    safetyStocks(ledger, shop.id),
    stockRuns(ledger, shop.id, RUNS),
  ]);
  const { enabled, everyMs } = shop.stock;
  return {
    shop: shop.id,
    enabled,
    everyMs,
    boost,
    feed,
    lastSync,
    drifting: drift.filter(({ sku }) => ourSkus(shop.lines)(sku)).length,
    findings,
    safety,
    runs,
  };
}

export interface ExplainedDrift extends StockDrift {
  /** shop − expected */
  readonly difference: number;
  readonly likelyCause: string;
}

/**
 * Where the shop's figure is another than it should be, by what was read last, with the likely cause in words.
 * @param skus these, differing or not: what `relay stock show` shows.
 */
export async function explainedDrift(
  { ledger }: Pick<Relay, 'ledger'>,
  shop: ConnectedShop,
  { limit, skus = undefined }: { limit: number; skus?: readonly string[] },
): Promise<ExplainedDrift[] | Refusal> {
  const feed = await currentFeed(ledger, shop.accountId);
  if (feed === null) return noFeed();
  const [drift, [last], view] = await Promise.all([
    stockDrift(ledger, scopeOf(shop), { limit, skus }),
    stockRuns(ledger, shop.id, 1),
    loadShop(ledger, shop.id),
  ]);
  const blocked =
    view?.mode !== 'live'
      ? `the shop is ${view?.mode ?? 'not connected'}: its stock is not written`
      : !shop.stock.enabled
        ? 'HFT71_STOCK_SYNC_ENABLED is off: only relay stock sync writes'
        : last?.state === 'refused' || last?.state === 'failed'
          ? `the last run was ${last.state}: ${last.failure ?? '?'}`
          : null;
  return drift
    .filter(({ sku }) => ourSkus(shop.lines)(sku))
    .map((row) => ({
      ...row,
      difference: (row.shop ?? 0) - row.target,
      likelyCause: row.shop === row.target ? 'as it should be' : (blocked ?? likelyCauseOf(row, feed)),
    }));
}

function likelyCauseOf(row: StockDrift, feed: FeedView): string {
  if (row.problem !== null) return `the shop did not take the last write: ${row.problem}`;
  if (row.hft71 === null) return 'the feed no longer names it';
  if (row.lastWritten !== null && row.shop !== row.lastWritten)
    return (row.shop ?? 0) < row.lastWritten
      ? 'sold in the shop, and the order is not known yet; or changed by hand'
      : 'changed in the shop by hand or by another tool, or pieces came back';
  if (row.readAt < feed.startedAt) return 'HFT71’s figure is newer than the last reading of the shop: the next run';
  return row.lastWritten === null
    ? 'never written by the relay yet: the next run'
    : 'HFT71’s figure or the orders moved since the last run';
}

function scopeOf(shop: ConnectedShop): StockScope {
  return { shopId: shop.id, accountId: shop.accountId, rules: shop.stock.rules };
}

/** `relay stock verify`: live from both sides. @throws CallFailure */
export async function verifiedStock(
  relay: Relay,
  shop: ConnectedShop,
  how: { skus: readonly string[] | null; size: number; onProgress?: (what: string) => void },
): Promise<VerifiedSku[] | Refusal> {
  const sweepOrders = async () => void (await sweep(intakeContext(relay), shop));
  return (await verifyStock(relay.ledger, shop, { ...how, sweepOrders })) ?? noFeed();
}

export async function stockReport(
  { ledger }: Pick<Relay, 'ledger'>,
  shop: ConnectedShop,
  page: { kind: StockFinding | null; after: string; limit: number },
): Promise<FoundStock[] | Refusal> {
  const feed = await currentFeed(ledger, shop.accountId);
  return feed === null ? noFeed() : stockFindings(ledger, { shopId: shop.id, feedId: feed.id }, page);
}

function noFeed(): Refusal {
  return refused('HFT71’s stock feed was never read whole yet', 'relay stock sync --dry-run reads it');
}

/** `relay stock boost`: more often for a while. Ends by itself. */
export async function boost(
  { ledger }: Pick<Relay, 'ledger'>,
  shop: ConnectedShop,
  { everyMs, forMs }: { everyMs: number; forMs: number },
  act: StockAct,
): Promise<{ kind: 'boosted'; until: Date } | Refusal> {
  if (!shop.stock.enabled)
    return refused(
      'HFT71_STOCK_SYNC_ENABLED is off: there is nothing to boost',
      'switch it on, or use relay stock sync',
    );
  if (everyMs < BOOST_LIMITS.leastEveryMs)
    return refused('more often than each minute is too often', 'say --every 1m or more');
  if (everyMs >= shop.stock.everyMs)
    return refused(
      'that is not more often than now',
      `HFT71_STOCK_INTERVAL is ${Math.round(shop.stock.everyMs / MINUTE_MS)} min`,
    );
  if (forMs > BOOST_LIMITS.longestMs)
    return refused('a boost lasts 24 hours at most', 'for longer set HFT71_STOCK_INTERVAL');
  const feed = await currentFeed(ledger, shop.accountId);
  const { calls, windowMs } = shop.settings.hft71.rate;
  const most = (calls / windowMs) * everyMs * MOST_OF_THE_BUDGET;
  if (feed !== null && feed.pages > most)
    return refused(
      `the feed has ${feed.pages} pages: that often its reading would take more than half of HFT71_RATE_LIMIT`,
      `say --every ${Math.ceil(feed.pages / MOST_OF_THE_BUDGET / (calls / windowMs) / MINUTE_MS)}m or more`,
    );
  const until = await boostStock(ledger, shop.id, { everyMs, forMs });
  await writeAudit(ledger, { ...act, action: 'stock boost', subject: shop.id, details: { everyMs, forMs } });
  return until === null ? refused('the shop is not known yet', 'start a worker') : { kind: 'boosted', until };
}

export async function endBoost({ ledger }: Pick<Relay, 'ledger'>, shop: ConnectedShop, act: StockAct): Promise<void> {
  await boostStock(ledger, shop.id, null);
  await writeAudit(ledger, { ...act, action: 'stock boost --end', subject: shop.id });
}

/** @param pieces null: HFT71_STOCK_SAFETY again. */
export async function setSafety(
  { ledger }: Pick<Relay, 'ledger'>,
  shop: ConnectedShop,
  { sku, pieces }: { sku: string; pieces: number | null },
  act: StockAct,
): Promise<{ kind: 'set' } | Refusal> {
  if (pieces !== null && (await notKnown(ledger, shop, [sku])).length > 0)
    return refused(
      `neither HFT71’s feed nor the shop has ${sku}`,
      'SKUs are the same to the letter, capitals and blanks too',
    );
  await setSafetyStock(ledger, shop.id, sku, pieces);
  await writeAudit(ledger, { ...act, action: 'stock safety', subject: shop.id, details: { sku, pieces } });
  return { kind: 'set' };
}
