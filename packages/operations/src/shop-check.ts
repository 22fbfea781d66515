import { CallFailure, isHft71Line, type LineRule, type ShopOrder } from '@relay/core';
import { loadShop, skusInFeed } from '@relay/ledger';
import type { ConnectedShop, Relay } from './relay.js';
import { checkStatusMapping } from './status-mapping-check.js';

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, in words. */
  readonly found: string;
}

export interface LinesPreview {
  readonly choice: string;
  /** Of the orders looked at: with a line that would be sent. */
  readonly ordersSent: number;
  readonly ordersNotForHft71: number;
  readonly linesSent: number;
  readonly linesLeftOut: number;
  /** A few SKUs that would be left out. */
  readonly leftOutSkus: readonly string[];
}

export interface ShopCheck {
  readonly checks: readonly Check[];
  readonly ordersLookedAt: number;
  readonly lines: readonly LinesPreview[];
}

const ORDERS_LOOKED_AT = 200;

/** Asks the shop and HFT71 everything that going live needs, harmlessly, and says in words what is wrong. */
export async function checkShop(relay: Relay, shop: ConnectedShop): Promise<ShopCheck> {
  await relay.redis.ping(); // without the budget nothing may be called: say that, not that the shop is away
  const checks: Check[] = [];
  const check = async (name: string, ask: () => Promise<string>): Promise<boolean> => {
    try {
      checks.push({ name, ok: true, found: await ask() });
      return true;
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      checks.push({ name, ok: false, found: error.message });
      return false;
    }
  };

  let orders: ShopOrder[] = [];
  const reached = await check('shop answers', async () => {
    const index = await shop.woocommerce.index();
    const clockSeconds = Math.round((Date.now() - index.serverDate.getTime()) / 1000);
    const plugin = index.namespaces.includes('hft71/v1')
      ? '; the HFT71 plugin is active: it must be off before going live'
      : '';
    return `${index.name} (${index.homeUrl}), clocks ${Math.abs(clockSeconds)} s apart${plugin}`;
  });
  if (reached) {
    const mayRead = await check('keys may read orders', async () => {
      orders = await shop.woocommerce.latestOrders(ORDERS_LOOKED_AT);
      return `the last ${orders.length} orders were read`;
    });
    if (mayRead)
      await check('HFT71_STATUS_MAPPING', async () => {
        const unknown = await checkStatusMapping(relay, shop);
        if (unknown.length === 0) return `${shop.statuses.mapping.rows.length} statuses; the shop knows those it names`;
        throw new CallFailure({
          ...{ target: 'shop', action: 'status_mapping', failure: 'misconfigured' },
          hint: `The shop has no status ${unknown.join(', ')}: mend the table`,
        });
      });
    if (mayRead)
      await check('keys may write', async () => {
        await shop.woocommerce.checkWriteAccess();
        return 'yes';
      });
  }
  const loggedIn = await check('HFT71 log-in', async () => {
    // The shared token may be older than the password in the settings: log in anew, for all workers.
    await shop.hft71.refusedToken(await shop.hft71.logInToken());
    return `as ${shop.settings.hft71.username} at ${shop.settings.hft71.baseUrl}`;
  });
  if (loggedIn)
    await check('HFT71 stock feed', async () => {
      const page = await shop.hft71.stockPage(1, 1);
      return page.entries === 0 ? 'answers, and is empty' : 'answers';
    });
  const view = await loadShop(relay.ledger, shop.id);
  checks.push({
    name: 'mode',
    ok: view !== null && view.mode !== 'connecting',
    found: view?.mode === 'connecting' ? 'not connected yet: a worker takes the baseline' : (view?.mode ?? 'unknown'),
  });
  checks.push({
    name: 'HFT71_LINES',
    ok: shop.lines !== null,
    found:
      shop.lines ?? 'not set: choose which lines are HFT71’s (all, feed or a pattern); going live refuses without it',
  });
  return { checks, ordersLookedAt: orders.length, lines: await previewLines(relay, shop, orders) };
}

/** What each choice of HFT71_LINES would send and leave out of these orders. */
async function previewLines(relay: Relay, shop: ConnectedShop, orders: readonly ShopOrder[]): Promise<LinesPreview[]> {
  if (orders.length === 0) return [];
  const skus = [...new Set(orders.flatMap((order) => order.lines.map((line) => line.sku)))];
  const inFeed = (await skusInFeed(relay.ledger, shop.accountId, skus)) ?? (await askFeed(shop, skus));
  const choices: [string, LineRule][] = [['all', { kind: 'all' }]];
  if (inFeed !== null) choices.push(['feed', { kind: 'feed', skus: inFeed }]);
  if (shop.lines !== null && shop.lines !== 'all' && shop.lines !== 'feed')
    choices.push([shop.lines, { kind: 'pattern', pattern: new RegExp(shop.lines) }]);
  return choices.map(([choice, rule]) => preview(choice, rule, orders));
}

function preview(choice: string, rule: LineRule, orders: readonly ShopOrder[]): LinesPreview {
  const lines = orders.flatMap((order) => order.lines);
  const leftOut = lines.filter((line) => !isHft71Line(line, rule));
  const ordersSent = orders.filter((order) => order.lines.some((line) => isHft71Line(line, rule))).length;
  return {
    choice,
    ordersSent,
    ordersNotForHft71: orders.length - ordersSent,
    linesSent: lines.length - leftOut.length,
    linesLeftOut: leftOut.length,
    leftOutSkus: [...new Set(leftOut.map((line) => (line.sku === '' ? '(no SKU)' : line.sku)))].slice(0, 10),
  };
}

/** Before the first reading of the feed is stored: read it now, keep nothing. */
async function askFeed(shop: ConnectedShop, wanted: readonly string[]): Promise<ReadonlySet<string> | null> {
  const open = new Set(wanted);
  const found = new Set<string>();
  try {
    for await (const page of shop.hft71.stockFeed()) for (const { sku } of page.rows) if (open.has(sku)) found.add(sku);
    return found;
  } catch (error) {
    if (error instanceof CallFailure) return null;
    throw error;
  }
}
