import { waitFor, type StartedProcess } from '@relay/testing';
import type { Scenario } from '../run/scenario.js';
import { mostPostsOfOne, notWrittenBack } from '../world/figures.js';
import { postsIn } from '../world/record.js';
import type { World } from '../world/world.js';

/** The product's default. */
const MAX_UNMIRRORED = 20;
/** `HFT71_MAX_IN_FLIGHT`: claimed before the last write-back of the twenty had failed. */
const MAX_IN_FLIGHT = 6;
/** Write-backs that are under way at once: their orders count as unmirrored only when they have failed. */
const WRITE_BACKS_AT_ONCE = 8;

export const keyReadOnly: Scenario = {
  name: 'key-read-only',
  what: 'the shop’s key may only read any more: with the marker nothing is sent, without it sending stops at 20 orders',
  async run({ size, marks, openWorld, say }) {
    // Longer than all of them take for a try: the oldest would else come first again and again.
    const world = await openWorld({ settings: { RELAY_MARKER_BACKOFF: '5s' } });
    const { relay, sandbox } = world;
    const [connector] = await relay.startLive(1);
    await connector?.kill('SIGTERM');
    const { readOnlyKey, readOnlySecret } = sandbox.at;
    const reader = { WC_CONSUMER_KEY: readOnlyKey, WC_CONSUMER_SECRET: readOnlySecret };

    const marking = await relay.startWorker({ settings: reader });
    const orderIds = await sandbox.order({ count: size(45, 200) });
    await relay.waitForState(orderIds, 'ready', 30_000);
    await relay.waitForFailures(orderIds.slice(0, 5));
    await relay.sweptOnce();
    const sentWithMarker = postsIn(world.record()).length;
    await marking.kill('SIGTERM');
    say('with the marker: nothing was sent');

    const unmarking = await relay.startWorker({ settings: { ...reader, RELAY_SHOP_MARKER: 'off' } });
    await untilSendingStops(world);
    // A claim that was judged just before the twentieth failure may still be on its way to HFT71, or to its record.
    await relay.sweptOnce();
    const sentWithoutMarker = postsIn(world.record()).length;
    await relay.sweptOnce();
    const sentAfterTheStop = postsIn(world.record()).length - sentWithoutMarker;
    const alerts = await relay.alerts();
    say(`without the marker: ${sentWithoutMarker} were sent`);

    await heal(world, unmarking);
    await relay.settled(orderIds, size(60_000, 240_000));

    marks.equal('sentWithMarker', sentWithMarker, 0);
    marks.atLeast('sentWithoutMarker', sentWithoutMarker, MAX_UNMIRRORED);
    marks.atMost('sentWithoutMarkerAtMost', sentWithoutMarker, MAX_UNMIRRORED + MAX_IN_FLIGHT + WRITE_BACKS_AT_ONCE);
    marks.equal('sentAfterTheStop', sentAfterTheStop, 0);
    // That the shop answers 401 is told too, as soon as the rules are judged.
    const raised = alerts.filter((kind) => kind !== 'credentials refused');
    marks.equal('alerts', raised.join(', '), 'sending stopped: write-backs fail');
    marks.equal('states', [...new Set(await relay.states(orderIds))].join(', '), 'written_back');
    marks.equal('mostPostsOfOne', mostPostsOfOne(world.record()), 1);
    marks.equal('notWrittenBack', await notWrittenBack(world), 0);
  },
};

/** Twenty write-backs have failed, and nothing is on its way any more. */
async function untilSendingStops({ relay }: World): Promise<void> {
  await waitFor(
    async () => {
      const [row] = await relay.rows(
        `select count(*) filter (where kind = 'write_back' and state = 'ready' and failures > 0)::int as failed,
                count(*) filter (where state = 'sending')::int as sending
         from intent`,
      );
      return Number(row?.['failed']) >= MAX_UNMIRRORED && Number(row?.['sending']) === 0;
    },
    { what: 'sending to stop', timeoutMs: 60_000 },
  );
}

/** A person gives the key its permission back. */
async function heal({ relay }: World, worker: StartedProcess): Promise<void> {
  await worker.kill('SIGTERM');
  await relay.startWorker();
}
