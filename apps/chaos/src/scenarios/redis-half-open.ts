import { startTcpProxy } from '@relay/testing';
import type { Scenario } from '../run/scenario.js';
import { mostPostsOfOne, notWrittenBack } from '../world/figures.js';
import { secondsUntilNextCall, untilAccepted } from '../world/moving-again.js';

/** One dispatch lease of 60 s and the timer; how soon a silent connection is given up is no setting. */
const LONGEST_STANDSTILL_SECONDS = 65;
/** What was claimed when the silence began needs no Redis for its call. */
const CALLS_UNDER_WAY_MS = 2_000;

export const redisHalfOpen: Scenario = {
  name: 'redis-half-open',
  what: 'a proxy before Redis goes silent: connections stay open and nothing passes, as after a router forgot them',
  async run({ size, marks, openWorld, say }) {
    // Longer than a command waits for a silent Redis (5 s), as the defaults are.
    const settings = { RELAY_LEASE: '12s', RELAY_PREPARED_TIMEOUT: '12s', RELAY_DISPATCH_LEASE: '12s' };
    const world = await openWorld({ settings });
    const { relay, sandbox } = world;
    const redisUrl = new URL(relay.settings['REDIS_URL'] ?? '');
    const proxy = await startTcpProxy(Number(redisUrl.port));
    redisUrl.port = String(proxy.port);
    try {
      await relay.startLive(2, { settings: { REDIS_URL: redisUrl.href } });
      await sandbox.faultOnSend({ kind: 'latency', delayMs: 300 });
      const count = size(60, 500);
      const orderIds = await sandbox.order({ count });

      let longest = 0;
      for (let silence = 1; silence <= size(1, 3); silence += 1) {
        await untilAccepted(world, count * 0.25 * silence);
        proxy.silence();
        const fromMs = Date.now() + CALLS_UNDER_WAY_MS;
        const seconds = await secondsUntilNextCall(world, fromMs, 2 * LONGEST_STANDSTILL_SECONDS);
        longest = Math.max(longest, seconds);
        say(`silent ${silence} times: moving again after ${seconds.toFixed(1)} s`);
      }
      await relay.settled(orderIds, 180_000);

      marks.atMost('secondsUntilMoving', longest, LONGEST_STANDSTILL_SECONDS);
      marks.equal('mostPostsOfOne', mostPostsOfOne(world.record()), 1);
      marks.equal('notWrittenBack', await notWrittenBack(world), 0);
    } finally {
      await proxy.close();
    }
  },
};
