import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@relay/testing';
import type { Scenario } from '../run/scenario.js';
import { mostPostsOfOne, notWrittenBack } from '../world/figures.js';
import { flushAll, longestStandstillSeconds, secondsUntilNextCall } from '../world/moving-again.js';
import type { World } from '../world/world.js';

/** Of two workers together. */
const WRITE_BACKS_AT_ONCE = 16;

export const redisFlushall: Scenario = {
  name: 'redis-flushall',
  what: 'FLUSHALL, several times, while a thousand orders are due and fifty are on their way',
  async run({ size, random, marks, openWorld, say }) {
    const active = size(20, 50);
    const leaseSeconds = size(12, 60);
    const world = await openWorld({
      ownRedis: true,
      settings: {
        HFT71_MAX_IN_FLIGHT: String(active),
        RELAY_DISPATCH_LEASE: `${leaseSeconds}s`,
        // HFT71 and the shop are slow below, and must not time out.
        HFT71_ANSWER_TIMEOUT: '8s',
        RELAY_LEASE: '12s',
        RELAY_SHOP_TIMEOUT: '8s',
        RELAY_PREPARED_TIMEOUT: '12s',
      },
    });
    const { relay, sandbox } = world;
    await relay.startLive(2);
    const slowHft71 = await sandbox.faultOnSend({ kind: 'latency', delayMs: 4_000 });
    // Write-backs queue up behind a slow shop, eight at once in each worker: the jobs of others are in Redis.
    const slowShop = await sandbox.fault({
      target: 'shop',
      kind: 'latency',
      delayMs: 4_000,
      match: { method: 'PUT', bodyPattern: '_hft71_order_id' },
    });
    const orderIds = await sandbox.order({ count: size(150, 1_000) });
    await untilOnTheirWay(world, active, size(60, 700));

    let longest = 0;
    for (let flushed = 1; flushed <= 3; flushed += 1) {
      await flushAll(world);
      const fromMs = Date.now();
      const seconds = await secondsUntilNextCall(world, fromMs, 2 * longestStandstillSeconds(leaseSeconds));
      longest = Math.max(longest, seconds);
      say(`flushed ${flushed} times: moving again after ${seconds.toFixed(1)} s`);
      await sleep(random.whole(300, 1_500));
    }
    await sandbox.removeFault(slowShop);
    await sandbox.removeFault(slowHft71);
    // What was dispatched and lost comes again when its dispatch lease is over.
    await relay.settled(orderIds, size(50_000, 400_000));

    marks.atMost('secondsUntilMoving', longest, longestStandstillSeconds(leaseSeconds));
    marks.equal('mostPostsOfOne', mostPostsOfOne(world.record()), 1);
    marks.equal('notWrittenBack', await notWrittenBack(world), 0);
  },
};

async function untilOnTheirWay({ relay }: World, active: number, due: number): Promise<void> {
  await waitFor(
    async () => {
      const [row] = await relay.rows(
        `select count(*) filter (where state = 'sending')::int as sending, count(*) filter (where state = 'ready')::int as ready,
                count(*) filter (where kind = 'write_back' and state = 'ready')::int as "toWrite"
         from intent`,
      );
      const of = (name: string) => Number(row?.[name]);
      return of('sending') >= active * 0.5 && of('ready') >= due && of('toWrite') >= WRITE_BACKS_AT_ONCE * 1.5;
    },
    { what: `${active} orders on their way and ${due} due`, timeoutMs: 60_000, intervalMs: 20 },
  );
}
