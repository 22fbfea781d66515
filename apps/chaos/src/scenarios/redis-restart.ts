import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../run/scenario.js';
import { mostPostsOfOne, notWrittenBack } from '../world/figures.js';
import { longestStandstillSeconds, secondsUntilNextCall, untilAccepted } from '../world/moving-again.js';

const AWAY_MS = 3_000;

export const redisRestart: Scenario = {
  name: 'redis-restart',
  playedIn: 'full',
  what: 'Redis is stopped, and killed, in the middle of a drain, and comes back empty',
  async run({ size, marks, openWorld, say }) {
    const leaseSeconds = size(5, 60);
    const world = await openWorld({ ownRedis: true, settings: { RELAY_DISPATCH_LEASE: `${leaseSeconds}s` } });
    const { relay, sandbox, ownRedis: redis } = world;
    await relay.startLive(2);
    await sandbox.faultOnSend({ kind: 'latency', delayMs: 300 });
    const count = size(90, 600);
    const orderIds = await sandbox.order({ count });

    let longest = 0;
    for (const [share, end] of [
      [0.2, 'stop'],
      [0.5, 'kill'],
    ] as const) {
      await untilAccepted(world, count * share);
      await redis?.[end]();
      await sleep(AWAY_MS);
      await redis?.start();
      const fromMs = Date.now();
      const seconds = await secondsUntilNextCall(world, fromMs, 2 * longestStandstillSeconds(leaseSeconds));
      longest = Math.max(longest, seconds);
      say(`after ${end}: moving again after ${seconds.toFixed(1)} s`);
    }
    await relay.settled(orderIds, size(60_000, 240_000));

    marks.atMost('secondsUntilMoving', longest, longestStandstillSeconds(leaseSeconds));
    marks.equal('mostPostsOfOne', mostPostsOfOne(world.record()), 1);
    marks.equal('notWrittenBack', await notWrittenBack(world), 0);
  },
};
