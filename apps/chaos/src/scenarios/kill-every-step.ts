import { setTimeout as sleep } from 'node:timers/promises';
import type { HandOffStep } from '@relay/handoff';
import { waitForEnd } from '@relay/testing';
import { sideBySide } from '../run/side-by-side.js';
import type { Scenario } from '../run/scenario.js';
import { doubtsWithoutMarker, forgottenSent } from '../world/figures.js';
import type { Installation } from '../world/installation.js';

/** Whether an attempt that dies at this step may have left its marker in the shop: only then may a doubt come of it. */
const MAY_BE_MARKED: Record<HandOffStep, boolean> = {
  'before-read': false,
  'after-read': false,
  'before-token': false,
  'after-token': false,
  'after-slot': false,
  'before-prepare': false,
  'after-prepare': false,
  'before-marker': false,
  'after-marker': true,
  'after-connect': true,
  'before-claim': true,
  'after-claim': true,
  'before-post': true,
  'after-post': true,
  'before-record': true,
  'after-record': false,
  'before-write-back': false,
  'after-write-back': false,
  'after-write-back-record': false,
};
const STEPS = Object.keys(MAY_BE_MARKED) as HandOffStep[];

const AT_ONCE = 3;

export const killEveryStep: Scenario = {
  name: 'kill-every-step',
  what: 'a worker kills itself before and after each commit and each call of an attempt and of a write-back',
  limitSeconds: { quick: 240, full: 600 },
  async run({ size, marks, openWorld, say }) {
    const world = await openWorld();
    const { relay, sandbox } = world;
    const stepOf = new Map<number, HandOffStep>();
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
        stepOf.set(worker.pid, step);
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
    marks.equal('doubtsOfUnmarkedSteps', await doubtsOfUnmarkedSteps(relay, stepOf), 0);
    marks.equal('doubtsWithoutMarker', await doubtsWithoutMarker(world), 0);
    marks.equal('forgottenSent', await forgottenSent(world), 0);
  },
};

/** Doubts to which no attempt of a worker belongs that died where its marker may have been in the shop. */
async function doubtsOfUnmarkedSteps(relay: Installation, stepOf: ReadonlyMap<number, HandOffStep>): Promise<number> {
  const { inDoubt } = await relay.listed();
  const rows = await relay.rows(
    `select i.order_id::int as id, split_part(a.worker, '/', 2)::int as pid from attempt a join intent i on i.id = a.intent_id
     where i.order_id = any($1::bigint[])`,
    [[...inDoubt]],
  );
  const explained = new Set(
    rows
      .filter((row) => MAY_BE_MARKED[stepOf.get(Number(row['pid'])) ?? 'before-read'])
      .map((row) => Number(row['id'])),
  );
  return [...inDoubt].filter((id) => !explained.has(id)).length;
}
