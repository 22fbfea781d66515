import { waitFor } from '@relay/testing';
import type { Scenario, Stage } from '../run/scenario.js';
import { mostPostsOfOne, postsByReference } from '../world/figures.js';
import { orderWithFaults } from '../world/order-with-faults.js';
import type { World } from '../world/world.js';

const HELD = 'held: in-doubt';
const RIGHT_PATH = '/order?referenceId={referenceId}';

/** Every second order is lost here: the breaker opens for them, and must not be what is waited for. */
const SETTINGS = {
  HFT71_LOOKUP_PATH: RIGHT_PATH,
  RELAY_LOOKUP_GAP: '1s',
  RELAY_BREAKER_PROBE: '200ms',
  RELAY_BREAKER_REOPEN: '200ms',
  RELAY_BREAKER_REOPEN_MAX: '200ms',
};

interface Lie {
  readonly name: string;
  readonly lookup: Record<string, unknown>;
  readonly path?: string;
  /** Loose, but what it names by the exact reference is true: an order that HFT71 has is found all the same. */
  readonly tellsTruthOfPresent?: boolean;
}

const LIES: readonly Lie[] = [
  { name: 'filter-ignored', lookup: { lie: 'filter-ignored' }, tellsTruthOfPresent: true },
  { name: 'cut-page', lookup: { lie: 'cut-page' } },
  { name: 'html-200', lookup: { lie: 'html-200' } },
  { name: '404', lookup: { lie: '404' } },
  { name: 'wrong-path', lookup: { lie: null }, path: '/orders/{referenceId}' },
];

/**
 * Half of the doubts are at HFT71, half are not, and the look-up can tell neither. Once it tells the truth it settles all
 * of them: so it was the lie that held them, and nothing else.
 */
export const lookUpLies: Scenario = {
  name: 'look-up-lies',
  what: 'the look-up ignores its filter, cuts its list, answers a page, or 404 for everything: doubts stay held, nothing is sent again',
  limitSeconds: { quick: 240, full: 900 },
  async run(stage) {
    const { marks, openWorld } = stage;
    const world = await openWorld({ settings: SETTINGS });
    const { relay, sandbox } = world;
    await sandbox.setHft71({ lookup: { enabled: true, lie: null } });
    const [first] = await relay.startLive(1);
    let worker = first;
    let path = RIGHT_PATH;
    await relay.waitForState(await sandbox.oneOrder(), 'written_back');

    const absent: number[] = [];
    const present: number[] = [];
    for (const lie of LIES) {
      if (marks.isAnyBroken()) return; // a lie was believed: the rest would be told of orders that are sent
      if ((lie.path ?? RIGHT_PATH) !== path) {
        path = lie.path ?? RIGHT_PATH;
        await worker?.kill('SIGTERM');
        worker = await relay.startWorker({ settings: { HFT71_LOOKUP_PATH: path } });
      }
      await sandbox.setHft71({ lookup: lie.lookup });
      const made = await playLie(world, lie, stage);
      absent.push(...made.absent);
      if (lie.tellsTruthOfPresent !== true) present.push(...made.present);
    }
    marks.equal('mostPostsOfOneWhileItLied', mostPostsOfOne(world.record()), 1);
    marks.equal('statesOfAllInTheEnd', await statesOf(world, [...absent, ...present]), HELD);
    if (marks.isAnyBroken()) return;

    await worker?.kill('SIGTERM');
    await relay.startWorker();
    await relay.settled(present, 30_000);
    await waitFor(async () => (await statesOf(world, [...absent, ...present])) === 'written_back', {
      what: 'the truth to settle every doubt',
      timeoutMs: 60_000,
      intervalMs: 200,
    });
    marks.equal('mostPostsOfPresent', mostPostsOf(world, present), 1);
    marks.equal('postsOfAbsent', mostPostsOf(world, absent), 2);
  },
};

async function playLie(
  world: World,
  lie: Lie,
  { size, marks, say }: Stage,
): Promise<{ absent: number[]; present: number[] }> {
  const { relay, sandbox } = world;
  const each = size(1, 8);
  const made = { absent: [] as number[], present: [] as number[] };
  for (let index = 0; index < each; index += 1) {
    made.absent.push(await lostOrder(world, { kind: 'reset-before' }));
    made.present.push(await lostOrder(world, { kind: 'reset-after' }));
  }
  const all = [...made.absent, ...made.present];
  const believed = () => mostPostsOfOne(world.record()) > 1; // then there is nothing to wait for
  await waitFor(async () => believed() || (await lookUpsAfterHolding(world, made.absent)) >= 3, {
    what: `doubts to be looked up in vain (${lie.name})`,
    timeoutMs: 60_000,
    intervalMs: 200,
  });
  await sandbox.clearFaults();
  say(`${lie.name}: ${await statesOf(world, all)}`);
  marks.equal(`absent: ${lie.name}`, await statesOf(world, made.absent), HELD);
  if (lie.tellsTruthOfPresent === true) await relay.waitForState(made.present, 'written_back');
  else marks.equal(`present: ${lie.name}`, await statesOf(world, made.present), HELD);
  return made;
}

/** One order that meets its own fault, and is in doubt. */
async function lostOrder({ relay, sandbox }: World, fault: Record<string, unknown>): Promise<number> {
  const orderId = await orderWithFaults(sandbox, [{ ...fault, times: 1 }]);
  await waitFor(async () => (await relay.attemptsOf(orderId)).some((outcome) => outcome.startsWith('in_doubt')), {
    what: `order ${orderId} to be in doubt`,
    timeoutMs: 60_000,
    intervalMs: 100,
  });
  return orderId;
}

/** Of the one that was looked up least since it is held. */
async function lookUpsAfterHolding({ relay }: World, orderIds: readonly number[]): Promise<number> {
  const [row] = await relay.rows(
    `select min((select count(*) from look_up l where l.intent_id = i.id and i.state = 'held' and l.started_at > i.state_since))::int as least
     from intent i where i.kind = 'send_order' and i.order_id = any($1::bigint[])`,
    [orderIds],
  );
  return Number(row?.['least']);
}

async function statesOf({ relay }: World, orderIds: readonly number[]): Promise<string> {
  return [...new Set(await relay.states(orderIds))].sort().join(', ');
}

function mostPostsOf(world: World, orderIds: readonly number[]): number {
  const posts = postsByReference(world.record());
  return Math.max(0, ...orderIds.map((id) => posts.get(String(id)) ?? 0));
}
