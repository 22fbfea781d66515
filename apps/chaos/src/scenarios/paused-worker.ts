import { waitFor, waitUntilStopped, type StartedProcess } from '@relay/testing';
import type { Scenario, Stage } from '../run/scenario.js';
import { forgottenSent, mostPostsOfOne } from '../world/figures.js';
import type { World } from '../world/world.js';

/**
 * A worker sleeps in the middle of an attempt for longer than every time that protects it, another one goes on, and a
 * person answers what is left open. Then the sleeper wakes, and believes it is still its turn.
 */
export const pausedWorker: Scenario = {
  name: 'paused-worker',
  what: 'a worker is stopped (SIGSTOP) for longer than lease and settle, and goes on after another has sent its order',
  async run(stage) {
    const world = await stage.openWorld();
    const first = await pausedAfterClaim(world, stage);
    const second = await pausedBeforeClaim(world, stage);
    const { relay } = world;
    await relay.settled([...first, ...second], 20_000);

    stage.marks.equal('states', [...new Set(await relay.states([...first, ...second]))].join(', '), 'written_back');
    stage.marks.equal('mostPostsOfOne', mostPostsOfOne(world.record()), 1);
    stage.marks.equal('forgottenSent', await forgottenSent(world), 0);
    stage.marks.equal('alerts', (await relay.alerts()).join(', '), '');
  },
};

/** Its lease runs out: in doubt, and a person says "does not exist, send". What the sleeper tells then is too late. */
async function pausedAfterClaim(world: World, { size, say }: Stage): Promise<number[]> {
  const { relay, sandbox } = world;
  const orderIds: number[] = [];
  const sleepers: StartedProcess[] = [];
  for (let each = 0; each < size(1, 3); each += 1) {
    const sleeper = await relay.startWorker({ failAt: { step: 'before-post', signal: 'SIGSTOP' } });
    if (each === 0) await relay.waitForMode('live');
    orderIds.push(await sandbox.oneOrder());
    await waitUntilStopped(sleeper);
    sleepers.push(sleeper);
  }
  const other = await relay.startWorker();
  await relay.waitForState(orderIds, 'held: in-doubt');
  say('held, with the worker still asleep: a person says "does not exist, send"');
  for (const orderId of orderIds)
    await waitFor(async () => (await relay.resolveAsAbsent(orderId)).code === 0, {
      what: 'settle to be over, and the resolution taken',
      intervalMs: 300,
    });
  await relay.waitForState(orderIds, 'written_back');
  say('sent by another worker: the sleeper wakes');
  for (const sleeper of sleepers) process.kill(sleeper.pid, 'SIGCONT');
  await Promise.all(sleepers.map((sleeper) => sleeper.waitForLine('order not handed over')));
  await relay.sweptOnce();
  await endAll([...sleepers, other]);
  return orderIds;
}

/**
 * Without a marker in the shop nothing but the claim's own guard stands between the sleeper and a second order: its
 * attempt was abandoned, and another worker has sent the order.
 */
async function pausedBeforeClaim(world: World, { say }: Stage): Promise<number[]> {
  const { relay, sandbox } = world;
  const settings = { RELAY_SHOP_MARKER: 'off' };
  const sleeper = await relay.startWorker({ settings, failAt: { step: 'after-marker', signal: 'SIGSTOP' } });
  const orderId = await sandbox.oneOrder();
  await waitUntilStopped(sleeper);
  const other = await relay.startWorker({ settings });
  await relay.waitForState(orderId, 'written_back');
  say('abandoned and sent by another worker: the sleeper wakes before its claim');
  const attempts = (await relay.attemptsOf(orderId)).join();
  process.kill(sleeper.pid, 'SIGCONT');
  // It has nothing to write where its claim is refused: its heartbeat tells that it is awake, and two sweeps that it had time.
  await relay.sweptOnce();
  await relay.sweptOnce();
  say(`attempts before it woke: ${attempts}; after: ${(await relay.attemptsOf(orderId)).join()}`);
  await endAll([sleeper, other]);
  return [orderId];
}

async function endAll(workers: readonly StartedProcess[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.kill('SIGTERM')));
}
