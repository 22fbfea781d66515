import { waitFor } from '@relay/testing';
import type { Scenario } from '../run/scenario.js';
import { postsByReference } from '../world/figures.js';
import type { World } from '../world/world.js';

const SEND_DELAY_MS = 6_000;
/** Two orders of five are lost here: the breaker opens for them, and must not be what is waited for. */
const SETTINGS = {
  RELAY_SEND_DELAY: `${SEND_DELAY_MS}ms`,
  RELAY_BREAKER_PROBE: '200ms',
  RELAY_BREAKER_REOPEN: '200ms',
  RELAY_BREAKER_REOPEN_MAX: '200ms',
};

export const cancelRaces: Scenario = {
  name: 'cancel-races',
  what: 'orders are cancelled before they go, while they are sent, and in doubt; some are restored afterwards',
  async run({ size, marks, openWorld, say }) {
    const world = await openWorld({ settings: SETTINGS });
    const { relay, sandbox } = world;
    await relay.startLive(2);
    const each = size(4, 25);
    const make = async () => sandbox.order({ count: each });
    const [before, restored, sent, doubtful, doubtfulRestored] = [
      await make(),
      await make(),
      await make(),
      await make(),
      await make(),
    ];
    await sandbox.faultOnSend({
      kind: 'accept-then-hang',
      match: { method: 'POST', pathPattern: '/order$', bodyPattern: referencesOf([...doubtful, ...doubtfulRestored]) },
    });
    await sandbox.faultOnSend({ kind: 'latency', delayMs: 1_700 });

    await relay.waitForState([...before, ...restored], 'waiting', SEND_DELAY_MS);
    await setStatus(world, [...before, ...restored], 'cancelled');
    await relay.waitForState([...before, ...restored], 'cancelled: cancelled');
    say('cancelled in the send delay; some come back');
    await setStatus(world, restored, 'processing');

    const sending = [...sent, ...doubtful, ...doubtfulRestored];
    await cancelWhileSending(world, sending);
    await relay.settled(sending, 60_000);
    say('cancelled while they were sent');
    await setStatus(world, doubtfulRestored, 'processing');
    await relay.settled([...restored, ...sending], 60_000);
    await relay.sweptOnce(); // and it stays so

    const posts = postsByReference(world.record());
    const states = async (ids: readonly number[]) => [...new Set(await relay.states(ids))].join(', ');
    const postsOf = (ids: readonly number[]) => [...new Set(ids.map((id) => posts.get(String(id)) ?? 0))].join(', ');
    marks.equal('cancelledBefore', await states(before), 'cancelled: cancelled');
    marks.equal('postsOfCancelledBefore', postsOf(before), '0');
    marks.equal('restored', await states(restored), 'written_back');
    marks.equal('postsOfRestored', postsOf(restored), '1');
    marks.equal('cancelledWhileSending', await states(sent), 'written_back');
    marks.equal('postsOfCancelledWhileSending', postsOf(sent), '1');
    marks.equal('cancelledInDoubt', await states(doubtful), 'held: in-doubt');
    marks.equal('restoredInDoubt', await states(doubtfulRestored), 'held: in-doubt');
    marks.equal('postsInDoubt', postsOf([...doubtful, ...doubtfulRestored]), '1');
  },
};

/** Each is cancelled the moment its claim is seen; HFT71 answers late enough, or never. */
async function cancelWhileSending({ relay, sandbox }: World, orderIds: readonly number[]): Promise<void> {
  const left = new Set(orderIds);
  await waitFor(
    async () => {
      const ids = [...left];
      const states = await relay.states(ids);
      await Promise.all(
        ids.map(async (id, at) => {
          if (/^(unknown|waiting|ready)/.test(states[at] ?? '')) return;
          left.delete(id);
          await sandbox.edit(id, { status: 'cancelled' });
        }),
      );
      return left.size === 0;
    },
    { what: 'every order to be on its way', timeoutMs: 120_000, intervalMs: 50 },
  );
}

async function setStatus({ sandbox }: World, orderIds: readonly number[], status: string): Promise<void> {
  for (const orderId of orderIds) await sandbox.edit(orderId, { status });
}

function referencesOf(orderIds: readonly number[]): string {
  return `"referenceId":"(${orderIds.join('|')})"`;
}
