import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../run/scenario.js';
import { doubtsThatHft71Has, doubtsWithoutMarker, forgottenSent } from '../world/figures.js';

const WORKERS = 3;
const KILL_EVERY_MS = 2_000;

/** HFT71 accepts at once and answers late, so that a kill at a random moment finds orders accepted and not recorded. */
export const killMidPost: Scenario = {
  name: 'kill-mid-post',
  what: 'a worker is killed every 2 s at a random point, while HFT71 has accepted what it has not answered yet',
  async run({ size, random, marks, openWorld, say }) {
    const world = await openWorld();
    const { relay, sandbox } = world;
    await sandbox.faultOnSend({ kind: 'latency', delayMs: 600, processed: true });
    let workers = await relay.startLive(WORKERS);
    // As long as workers are killed: a kill when nothing is on its way would show nothing.
    let killing = true;
    const making = (async () => {
      const made: number[] = [];
      while (killing || made.length < size(60, 500))
        made.push(...(await sandbox.order({ count: 6, kinds: ['simple', 'variation', 'mixed'], spreadMs: 1_000 })));
      return made;
    })();
    making.catch(() => undefined); // told where it is awaited

    const kills = size(5, 30);
    try {
      for (let killed = 1; killed <= kills; killed += 1) {
        await sleep(random.whole(KILL_EVERY_MS * 0.5, KILL_EVERY_MS * 1.5));
        const victim = random.pick(workers);
        const [, fresh] = await Promise.all([victim.kill('SIGKILL'), relay.startWorker()]);
        workers = [...workers.filter((worker) => worker !== victim), fresh];
        say(`${killed} of ${kills} killed`);
      }
    } finally {
      killing = false;
    }
    await relay.settled(await making, size(60_000, 180_000));

    marks.atLeast('killedAfterAcceptance', await doubtsThatHft71Has(world), 1);
    marks.equal('doubtsWithoutMarker', await doubtsWithoutMarker(world), 0);
    marks.equal('forgottenSent', await forgottenSent(world), 0);
  },
};
