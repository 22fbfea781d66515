import { setTimeout as sleep } from 'node:timers/promises';
import type { HandOffStep } from '@relay/handoff';
import { inWorld, stopWorldsLeft } from './testing/world.js';

afterAll(stopWorldsLeft);

describe('a worker is stalled, and wakes again', () => {
  it.concurrent.each<HandOffStep>(['after-claim', 'before-post'])(
    'at %s for longer than its lease: it sends nothing (send-by, step 6); held in-doubt',
    async (step) => {
      await inWorld({}, async (world) => {
        const stalled = await world.startLive({ failAt: { step, signal: 'SIGSTOP' } });
        const orderId = await world.sandbox.oneOrder();
        await world.waitUntilStopped(stalled);
        await world.startWorker();
        await world.waitForState(orderId, 'held: in-doubt');

        process.kill(stalled.pid, 'SIGCONT');
        await stalled.waitForLine('order not handed over');
        expect(await world.sandbox.postsOf(orderId)).toBe(0);
        expect(await world.stateOf(orderId)).toBe('held: in-doubt');
        expect(await world.attemptsOf(orderId)).toEqual(['in_doubt: lease-expired']);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 0 });
      });
    },
    90_000,
  );

  it.concurrent(
    'for longer than send-by and shorter than its lease: handed back as not sent, then sent once',
    async () => {
      await inWorld({}, async (world) => {
        const stalled = await world.startLive({ failAt: { step: 'before-post', signal: 'SIGSTOP' } });
        const orderId = await world.sandbox.oneOrder();
        await world.waitUntilStopped(stalled);
        await sleep(1_500); // the stall itself: send-by is 1 s, the lease 5 s
        process.kill(stalled.pid, 'SIGCONT');
        await world.waitForState(orderId, 'written_back');
        expect(await world.attemptsOf(orderId)).toEqual(['not_processed: nothing-sent', 'accepted']);
        expect(await world.sandbox.postsOf(orderId)).toBe(1);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 1, writtenBack: 1 });
      });
    },
    90_000,
  );

  it.concurrent(
    'before its claim, until its attempt was abandoned: the token is void, and nothing is sent',
    async () => {
      await inWorld({}, async (world) => {
        const stalled = await world.startLive({ failAt: { step: 'before-claim', signal: 'SIGSTOP' } });
        const orderId = await world.sandbox.oneOrder();
        await world.waitUntilStopped(stalled);
        await world.startWorker();
        await world.waitForState(orderId, 'held: in-doubt');

        process.kill(stalled.pid, 'SIGCONT');
        await world.sweptOnce();
        expect(await world.sandbox.postsOf(orderId)).toBe(0);
        expect(await world.stateOf(orderId)).toBe('held: in-doubt');
        expect(await world.attemptsOf(orderId)).toEqual(['abandoned: worker-gone']);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 0 });
      });
    },
    90_000,
  );

  it.concurrent.each<HandOffStep>(['after-post', 'before-record'])(
    'at %s until the order is held in-doubt: its late id is evidence (step 7), one order, written back',
    async (step) => {
      await inWorld({}, async (world) => {
        const stalled = await world.startLive({ failAt: { step, signal: 'SIGSTOP' } });
        const orderId = await world.sandbox.oneOrder();
        await world.waitUntilStopped(stalled);
        await world.startWorker();
        await world.waitForState(orderId, 'held: in-doubt');
        expect(await world.sandbox.acceptedOf(orderId)).toHaveLength(1);

        process.kill(stalled.pid, 'SIGCONT');
        await world.waitForState(orderId, 'written_back');
        expect(await world.attemptsOf(orderId)).toEqual(['accepted']);
        expect(await world.sandbox.postsOf(orderId)).toBe(1);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 1, writtenBack: 1 });
      });
    },
    90_000,
  );
});
