import { SeededRandom } from '@relay/testing';
import { memoryOf } from './memory-of.js';
import { StockWorld } from './stock-world.js';

export interface StockResult {
  readonly case: string;
  readonly skus: number;
  readonly changed: number;
  readonly writeCalls: number;
  /** As few as the shop's batches allow: ⌈simple / 100⌉ + Σ over parents ⌈changed / 100⌉. */
  readonly floor: number;
  readonly calls: number;
  readonly seconds: number;
  /** The comparison alone, in the database: without a call. */
  readonly diffMs: number;
  /** The worker's greatest memory during the run over that of an idle one just started, in MB. */
  readonly memoryOverIdleMb: number;
  /** SKUs that differ afterwards, by both sides' own figures. */
  readonly wrong: number;
  readonly passed: boolean;
}

const MOST_MEMORY_MB = 150;
const SMALL = { simple: 10_000, parents: 0, variations: 0 };
const LARGE = { simple: 70_000, parents: 5_000, variations: 6 };

/** Against the sandbox, with a worker as it is built, its own PostgreSQL and Redis. */
export async function* compareStock(seed: number): AsyncGenerator<StockResult> {
  const small = await StockWorld.open(SMALL);
  try {
    yield await measure(small, 'none-changed', 0, seed);
    yield await measure(small, 'one-percent-changed', 100, seed);
    yield await measure(small, 'all-changed', SMALL.simple, seed);
  } finally {
    await small.close();
  }
  const large = await StockWorld.open(LARGE);
  try {
    yield await measure(large, 'large-one-percent-changed', 1_000, seed);
  } finally {
    await large.close();
  }
}

async function measure(world: StockWorld, name: string, changed: number, seed: number): Promise<StockResult> {
  const chosen = sample(await world.ours(), changed, new SeededRandom(seed, `stock-${name}`));
  await world.change(chosen.map(({ sku }) => sku));
  const before = await world.writeCalls();
  const worker = await world.freshWorker();
  const memory = memoryOf(worker.pid);
  const idle = memory.now();
  const run = await world.run(() => memory.sample());
  const writeCalls = (await world.writeCalls()) - before;
  const simple = chosen.filter(({ parentId }) => parentId === 0).length;
  const byParent = new Map<number, number>();
  for (const { parentId } of chosen) if (parentId !== 0) byParent.set(parentId, (byParent.get(parentId) ?? 0) + 1);
  const floor = Math.ceil(simple / 100) + [...byParent.values()].reduce((sum, each) => sum + Math.ceil(each / 100), 0);
  const memoryOverIdleMb = Math.round((memory.greatest() - idle) / 1024 / 1024);
  const wrong = await world.wrong();
  return {
    case: name,
    skus: await world.size(),
    changed,
    ...{ writeCalls, floor, calls: run.calls, seconds: run.seconds, diffMs: run.diffMs, memoryOverIdleMb, wrong },
    passed: writeCalls === floor && run.written === changed && wrong === 0 && memoryOverIdleMb <= MOST_MEMORY_MB,
  };
}

function sample<T>(all: readonly T[], size: number, random: SeededRandom): T[] {
  const rest = [...all];
  return Array.from({ length: size }, () => {
    const at = random.whole(0, rest.length - 1);
    const [chosen] = rest.splice(at, 1);
    return chosen as T;
  });
}
