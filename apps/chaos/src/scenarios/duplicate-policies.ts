import { waitFor } from '@relay/testing';
import type { Scenario, Stage } from '../run/scenario.js';
import { postsByReference } from '../world/figures.js';
import { orderWithFaults, postOf } from '../world/order-with-faults.js';
import type { World } from '../world/world.js';

/** What HFT71 does with a reference that it has, and what it promises (HFT71_DUPLICATE_REFERENCE). */
interface Policy {
  readonly name: string;
  readonly promise: 'rejects' | 'replays';
  readonly sandbox: 'rejects' | 'rejects-without-id' | 'replays';
  /** Of an order that HFT71 has though its answer was lost, and of one that it has from somebody else. */
  readonly ends: { readonly present: string; readonly taken: string };
}

const POLICIES: readonly Policy[] = [
  {
    name: 'rejects with id',
    promise: 'rejects',
    sandbox: 'rejects',
    ends: { present: 'written_back', taken: 'held: reference-taken' },
  },
  {
    name: 'rejects without id',
    promise: 'rejects',
    sandbox: 'rejects-without-id',
    ends: { present: 'held: exists', taken: 'held: reference-taken' },
  },
  {
    // Whose order it answers with is not told: a replay cannot be told from an acceptance.
    name: 'replays',
    promise: 'replays',
    sandbox: 'replays',
    ends: { present: 'written_back', taken: 'written_back' },
  },
];

const LOST = { kind: 'reset-after', times: 1 };
const NOT_THERE = { kind: 'reset-before', times: 1 };

/** Refusals of bad data that name the order, and even say that something does not exist: none of them is a repetition. */
const BAD_DATA = [
  (reference: string) => `Order ${reference}: unknown SKU "MUG-001"`,
  (reference: string) => `The shipping country of order ${reference} does not exist`,
  () => 'address.zip must not be empty',
];

const SETTINGS = {
  RELAY_LOOKUP_GAP: '1s',
  RELAY_BREAKER_PROBE: '200ms',
  RELAY_BREAKER_REOPEN: '200ms',
  RELAY_BREAKER_REOPEN_MAX: '200ms',
};

export const duplicatePolicies: Scenario = {
  name: 'duplicate-policies',
  what: 'HFT71 rejects a repeated reference with its id, without it, or replays; refusals of bad data come between',
  limitSeconds: { quick: 240, full: 900 },
  async run(stage) {
    const world = await stage.openWorld({ settings: SETTINGS });
    for (const policy of POLICIES) {
      if (stage.marks.isAnyBroken()) return; // what is told apart wrongly is waited for in vain, policy by policy
      await play(world, policy, stage);
    }
  },
};

async function play(world: World, { name, promise, sandbox: does, ends }: Policy, stage: Stage): Promise<void> {
  const { relay, sandbox } = world;
  const { size, random, marks, say } = stage;
  await sandbox.setHft71({ duplicateReference: does });
  const worker = await relay.startWorker({ settings: { HFT71_DUPLICATE_REFERENCE: promise } });
  await relay.waitForMode('live');

  const kinds = { present: [], absent: [], refusedInDoubt: [], refused: [], taken: [] } as Record<string, number[]>;
  for (let each = 0; each < size(1, 8); each += 1) {
    const message = random.pick(BAD_DATA);
    const make = async (kind: string, faults: Record<string, unknown>[], refuses = false) => {
      const orderId = await orderWithFaults(sandbox, faults, async (id) => {
        if (refuses) await refuse(world, id, message(String(id)));
        if (kind === 'taken') await sandbox.sendAsAnother(id);
      });
      kinds[kind]?.push(orderId);
    };
    await make('present', [LOST]);
    await make('absent', [NOT_THERE]);
    await make('refusedInDoubt', [LOST], true);
    await make('refused', [], true);
    await make('taken', []);
  }
  const expected: Record<string, string> = {
    ...ends,
    absent: 'written_back',
    refusedInDoubt: 'held: in-doubt',
    refused: 'rejected: http-422',
  };
  await waitFor(async () => (await unlike(world, kinds, expected)).length === 0, {
    what: `the ends of policy ${name}`,
    timeoutMs: 60_000,
    intervalMs: 200,
  }).catch(() => undefined); // the marks tell which
  say(`${name}: ${(await unlike(world, kinds, expected)).join('; ') || 'as expected'}`);
  for (const [kind, orderIds] of Object.entries(kinds))
    marks.equal(`${name}: ${kind}`, await statesOf(world, orderIds), expected[kind] ?? '');
  const posts = postsByReference(world.record());
  const most = (kind: string) => Math.max(...(kinds[kind] ?? []).map((id) => posts.get(String(id)) ?? 0));
  // Sent again once by the policy, and never after a refusal.
  marks.equal(`${name}: posts of present`, most('present'), 2);
  marks.equal(`${name}: posts of refusedInDoubt`, most('refusedInDoubt'), 2);
  await worker.kill('SIGTERM');
}

/** From now on HFT71 refuses this order's data, whatever its reference. */
async function refuse({ sandbox }: World, orderId: number, message: string): Promise<void> {
  await sandbox.faultOnSend({ kind: 'status', status: 422, body: { message }, match: postOf(orderId) });
}

async function unlike(
  world: World,
  kinds: Record<string, number[]>,
  expected: Record<string, string>,
): Promise<string[]> {
  const all = await Promise.all(
    Object.entries(kinds).map(async ([kind, ids]) => ({ kind, states: await statesOf(world, ids) })),
  );
  return all.filter(({ kind, states }) => states !== expected[kind]).map(({ kind, states }) => `${kind} ${states}`);
}

async function statesOf({ relay }: World, orderIds: readonly number[]): Promise<string> {
  return [...new Set(await relay.states(orderIds))].sort().join(', ');
}
