import { setTimeout as sleep } from 'node:timers/promises';
import type { HandOffStep } from '@relay/handoff';
import { waitForEnd } from '@relay/testing';
import { sideBySide } from '../run/side-by-side.js';
import type { Scenario } from '../run/scenario.js';
import { doubtsWithoutMarker, forgottenSent } from '../world/figures.js';

/** A step that is forgotten here does not compile. */
const EVERY_STEP: Record<HandOffStep, true> = {
  'before-read': true,
  'after-read': true,
  'before-token': true,
  'after-token': true,
  'after-slot': true,
  'before-prepare': true,
  'after-prepare': true,
  'before-marker': true,
  'after-marker': true,
  'after-connect': true,
  'before-claim': true,
  'after-claim': true,
  'before-post': true,
  'after-post': true,
  'before-record': true,
  'after-record': true,
  'before-write-back': true,
  'after-write-back': true,
  'after-write-back-record': true,
};
const STEPS = Object.keys(EVERY_STEP) as HandOffStep[];

const AT_ONCE = 3;

export const killEveryStep: Scenario = {
  name: 'kill-every-step',
  what: 'a worker kills itself before and after each commit and each call of an attempt and of a write-back',
  limitSeconds: { quick: 240, full: 600 },
  async run({ size, marks, openWorld, say }) {
    const world = await openWorld();
    const { relay, sandbox } = world;
    const [opener] = await relay.startLive(1);
    await opener?.kill('SIGTERM');

    const orderIds: number[] = [];
    let isOver = false;
    const feeding = (async () => {
      // Enough that every worker that runs meets an order of its own.
      while (!isOver) {
        const states = await relay.states(orderIds);
        const open = states.filter((state) => /^(unknown|waiting|ready|sending|sent)$/.test(state)).length;
        if (open < AT_ONCE * 2) orderIds.push(...(await sandbox.order({ count: AT_ONCE })));
        await sleep(200);
      }
    })();
    let struck = 0;
    const rounds = size(1, 4);
    const turns = Array.from({ length: rounds }, () => STEPS).flat();
    try {
      await sideBySide(turns, AT_ONCE, async (step) => {
        const worker = await relay.startWorker({ failAt: { step } });
        const { signal } = await waitForEnd(worker, 40_000);
        if (signal === 'SIGKILL') struck += 1;
        say(`${struck} of ${turns.length} killed, at last ${step}`);
      });
    } finally {
      isOver = true;
      await feeding;
    }
    await relay.startWorker();
    await relay.settled(orderIds, 60_000);

    marks.equal('killed', struck, turns.length);
    // A worker has several orders in hand when it dies at a step of one. Only those that it had marked may be in doubt.
    marks.equal('doubtsWithoutMarker', await doubtsWithoutMarker(world), 0);
    marks.equal('forgottenSent', await forgottenSent(world), 0);
  },
};
