import { waitFor } from '@relay/testing';
import type { Scenario } from '../run/scenario.js';
import { StockShop } from '../world/stock-shop.js';

/** A worker dies in the middle of a run, and others are asked for runs at the same time: one run at a time writes. */
export const stockKill: Scenario = {
  name: 'stock-kill',
  playedIn: 'full',
  what: 'a worker is killed in the middle of a stock run, and two runs are wanted at once: the rest is finished',
  limitSeconds: { quick: 150, full: 300 },
  async run({ size, marks, openWorld, say }) {
    const world = await openWorld({ settings: { HFT71_STOCK_SYNC_ENABLED: 'on', HFT71_STOCK_INTERVAL: '1h' } });
    const { relay, sandbox } = world;
    const products = size(400, 3_000);
    await sandbox.makeProducts({ simple: products, parents: 10, variations: 5 });
    await relay.startLive(3);
    const shop = new StockShop(world);
    await shop.firstRun();
    await relay.settled(await sandbox.order({ count: 5 }), 60_000);
    await sandbox.fault({
      ...{ target: 'shop', kind: 'latency', delayMs: 700 },
      match: { method: 'POST', pathPattern: '/batch\\?' },
    });
    const ours = (await sandbox.products()).filter(({ sku }) => sku.startsWith('ZZ'));
    await sandbox.setHft71({ skus: Object.fromEntries(ours.map(({ sku }) => [sku, 70])) });

    const [first, second] = [await shop.ask(), await shop.ask()];
    const mostAtOnce = watchRunsAtOnce(shop);
    const victim = await waitFor(
      async () =>
        (
          await relay.rows(
            `select worker from stock_run where id = ${first} and state = 'running' and write_calls >= 2`,
          )
        )[0],
      { what: 'the run to write', timeoutMs: 60_000, intervalMs: 50 },
    );
    const pid = Number(/\d+$/.exec(String(victim['worker']))?.[0]);
    process.kill(pid, 'SIGKILL');
    say(`killed ${String(victim['worker'])} in the middle of run ${first}`);
    const broken = await shop.ended(first);
    const next = await shop.ended(second);
    await sandbox.clearFaults();

    marks.equal('the killed run, begun anew', broken.state, 'finished');
    marks.equal('the next run', next.state, 'finished');
    marks.atLeast('written after the kill', broken.written + next.written, 1);
    marks.equal('differing afterwards', await shop.differing(), 0);
    marks.equal('most runs at once', await mostAtOnce(), 1);
    marks.atMost('batches at once', batchesAtOnce(world.record().requests), 1);
  },
};

function watchRunsAtOnce(shop: StockShop): () => Promise<number> {
  let most = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const [row] = await shop.world.relay.rows(`select count(*)::int as count from stock_run where state = 'running'`);
      most = Math.max(most, Number(row?.['count']));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return async () => {
    isOver = true;
    await watching;
    return most;
  };
}

/** By the shop's own record. The killed worker's last batch may end after its death: it is the shop's by then. */
function batchesAtOnce(requests: readonly { at: number; ms: number; target: string; path: string }[]): number {
  const batches = requests.filter(({ target, path }) => target === 'shop' && path.endsWith('/batch'));
  return Math.max(
    0,
    ...batches.map(({ at }) => batches.filter((other) => other.at <= at && at < other.at + other.ms).length),
  );
}
