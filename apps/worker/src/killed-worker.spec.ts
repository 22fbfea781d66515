import type { HandOffStep } from '@relay/handoff';
import { inWorld, stopWorldsLeft } from './testing/world.js';

/** Where an order ends after its worker was killed at this step and another one went on. */
const ENDS: Record<HandOffStep, { state: string; atHft71: number; attempts: string[]; rule: string }> = {
  'before-read': sent('nothing was begun'),
  'after-read': sent('nothing was begun'),
  'before-token': sent('nothing was begun'),
  'after-token': sent('nothing was begun'),
  'after-slot': sent('nothing was begun'),
  'before-prepare': sent('nothing was begun'),
  'after-prepare': sent('no marker reached the shop', ['abandoned: worker-gone', 'accepted']),
  'before-marker': sent('no marker reached the shop', ['abandoned: worker-gone', 'accepted']),
  'after-marker': doubt(0, 'an abandoned marker reads as in doubt', ['abandoned: worker-gone']),
  'after-connect': doubt(0, 'an abandoned marker reads as in doubt', ['abandoned: worker-gone']),
  'before-claim': doubt(0, 'an abandoned marker reads as in doubt', ['abandoned: worker-gone']),
  'after-claim': doubt(0, 'the lease is over', ['in_doubt: lease-expired']),
  'before-post': doubt(0, 'the lease is over', ['in_doubt: lease-expired']),
  'after-post': doubt(1, 'the lease is over', ['in_doubt: lease-expired']),
  'before-record': doubt(1, 'the lease is over', ['in_doubt: lease-expired']),
  'after-record': sent('the acceptance is recorded', ['accepted']),
  'before-write-back': sent('a write-back is a level', ['accepted']),
  'after-write-back': sent('a write-back is a level', ['accepted']),
  'after-write-back-record': sent('a write-back is a level', ['accepted']),
};

function sent(rule: string, attempts = ['accepted']) {
  return { state: 'written_back', atHft71: 1, attempts, rule };
}

function doubt(atHft71: number, rule: string, attempts: string[]) {
  return { state: 'held: in-doubt', atHft71, attempts, rule };
}

afterAll(stopWorldsLeft);

describe('a worker is killed, another goes on', () => {
  const steps = Object.keys(ENDS) as HandOffStep[];

  // Worlds that share nothing, beside each other.
  it.concurrent.each(steps.map((step) => ({ step, ...ENDS[step] })))(
    '$step: $state, $atHft71 at HFT71 ($rule)',
    async ({ step }) => killedAt(step),
    120_000,
  );
});

async function killedAt(step: HandOffStep): Promise<void> {
  const end = ENDS[step];
  await inWorld({}, async (world) => {
    const { sandbox } = world;
    const first = await world.startLive({ failAt: { step } });
    const orderId = await sandbox.oneOrder();
    expect(await world.waitForEnd(first)).toMatchObject({ signal: 'SIGKILL' });

    await world.startWorker();
    await world.waitForState(orderId, end.state);
    expect(await world.attemptsOf(orderId)).toEqual(end.attempts);
    await world.sweptOnce(); // and it stays there
    expect(await world.stateOf(orderId)).toBe(end.state);
    const counted = await world.expectGuarantee();
    expect(counted).toMatchObject({ sent: end.atHft71, writtenBack: end.state === 'written_back' ? 1 : 0 });
    expect(await sandbox.postsOf(orderId)).toBe(end.atHft71);
    if (end.state === 'written_back') expect(await sandbox.meta(orderId, '_hft71_relay_send')).toBeNull();
  });
}
