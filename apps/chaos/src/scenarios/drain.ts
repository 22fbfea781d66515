import type { Scenario } from '../run/scenario.js';
import { notWrittenBack } from '../world/figures.js';
import { postsIn } from '../world/record.js';

/** Never scaled: what a drain shows depends on them. */
const LIMIT = { calls: 100, seconds: 10 };
const LATENCY_MS = 100;

export const drain: Scenario = {
  name: 'drain',
  what: 'a backlog against a limit of 100 calls per 10 s: near the floor, and never over the limit',
  alone: 'always',
  limitSeconds: { quick: 180, full: 600 },
  async run({ size, marks, openWorld }) {
    // Sweeps read what a drain writes back: once a second they would be most of the work.
    const settings = { RELAY_SWEEP_INTERVAL: '5s', RELAY_LEVEL_SWEEP_INTERVAL: '1h' };
    const world = await openWorld({ settings, rate: `${LIMIT.calls}/${LIMIT.seconds}s` });
    const { relay, sandbox } = world;
    await relay.startLive(2);
    await sandbox.faultOnSend({ kind: 'latency', delayMs: LATENCY_MS });
    const orderIds = await sandbox.order({ count: size(300, 1_000) });
    await relay.settled(orderIds, size(120_000, 400_000));

    const arrivals = postsIn(world.record()).map(({ at }) => at);
    const seconds = (Math.max(...arrivals) - Math.min(...arrivals)) / 1000;
    const floorSeconds = (orderIds.length / LIMIT.calls) * LIMIT.seconds;
    marks.atLeast('floorToTime', Math.min(1, floorSeconds / seconds), 0.97);
    marks.equal('notWrittenBack', await notWrittenBack(world), 0);
    marks.equal('doubts', (await relay.listed()).inDoubt.size, 0);
  },
};
