import type { Scenario } from '../run/scenario.js';
import { StockShop } from '../world/stock-shop.js';

const SKU = 'ZZ00000-00000-0001';

interface Case {
  readonly name: string;
  readonly feed?: Record<string, unknown>;
  readonly skus?: Record<string, number | null>;
  readonly fault?: Record<string, unknown>;
  /** How the run ends, and what it says. */
  readonly ends: 'refused' | 'finished';
  readonly says: RegExp;
}

/** HFT71's feed is wrong in every way that has been thought of: nothing wrong is written, and each is told with its cause. */
export const stockFeeds: Scenario = {
  name: 'stock-feeds',
  playedIn: 'full',
  what: 'HFT71’s stock feed is empty, cut off, broken on one page, or full of figures that cannot be: nothing wrong is written',
  limitSeconds: { quick: 120, full: 300 },
  async run(stage) {
    const { size, marks, openWorld, say } = stage;
    const world = await openWorld({ settings: { HFT71_STOCK_SYNC_ENABLED: 'on', HFT71_STOCK_INTERVAL: '1h' } });
    const { relay, sandbox } = world;
    await sandbox.makeProducts({ simple: size(1_400, 5_000), parents: 20, variations: 5 });
    await relay.startLive(1);
    const shop = new StockShop(world);
    await shop.firstRun();
    await relay.settled(await sandbox.order({ count: 5 }), 60_000);
    await shop.run();

    for (const each of cases()) {
      const before = await shop.figures();
      await sandbox.setHft71({
        feed: { figures: {}, more: [], endsInPage: null, ...each.feed },
        ...(each.skus === undefined ? {} : { skus: each.skus }),
      });
      if (each.fault !== undefined) await sandbox.fault({ target: 'hft71', ...each.fault });
      const runId = await shop.ask();
      // A passing fault: it is told, and the run's next try goes through.
      const passing = each.fault === undefined ? null : await shop.failure(runId);
      await sandbox.clearFaults();
      const run = await shop.ended(runId);
      const told = passing ?? run.failure ?? (await shop.findings());
      say(`${each.name}: ${run.state}, ${told}`);
      marks.equal(`${each.name}: ends`, run.state, each.ends);
      marks.equal(`${each.name}: tells its cause`, String(each.says.test(told)), 'true');
      marks.equal(`${each.name}: figures that moved`, await shop.moved(before), 0);
      if (each.skus !== undefined) await putBack(sandbox);
    }
    await sandbox.setHft71({ feed: { figures: {}, more: [], endsInPage: null } });
    marks.equal('afterwards: ends', (await shop.run()).state, 'finished');
    marks.equal('afterwards: differing', await shop.differing(), 0);
  },
};

function cases(): Case[] {
  return [
    { name: 'empty', feed: { endsInPage: 0 }, ends: 'refused', says: /empty stock feed/ },
    {
      name: 'cut off at page 7',
      feed: { endsInPage: 7 },
      ends: 'refused',
      says: /lacks \d+ of the \d+ SKUs .* are not believed/,
    },
    {
      name: 'one page 500',
      fault: { kind: 'status', status: 500, match: { method: 'GET', pathPattern: 'available\\?.*page=3(&|$)' } },
      ends: 'finished',
      says: /broke off at page 3/,
    },
    { name: 'negative', feed: { figures: { [SKU]: -5 } }, ends: 'finished', says: /not-believed 1/ },
    { name: 'text', feed: { figures: { [SKU]: 'many' } }, ends: 'finished', says: /not-believed 1/ },
    { name: '10⁹', feed: { figures: { [SKU]: 1_000_000_000 } }, ends: 'finished', says: /not-believed 1/ },
    { name: 'SKU with blanks', skus: { [SKU]: null, [` ${SKU} `]: 3 }, ends: 'finished', says: /spelt-otherwise 1/ },
    {
      name: 'case differs',
      skus: { [SKU]: null, [SKU.toLowerCase()]: 3 },
      ends: 'finished',
      says: /spelt-otherwise 1/,
    },
    {
      name: 'twice',
      feed: { more: [{ sku: SKU, stock: 50 }] },
      ends: 'finished',
      says: /twice-in-the-feed 1/,
    },
  ];
}

async function putBack(sandbox: StockShop['world']['sandbox']): Promise<void> {
  await sandbox.setHft71({ skus: { [` ${SKU} `]: null, [SKU.toLowerCase()]: null, [SKU]: 50 } });
}
