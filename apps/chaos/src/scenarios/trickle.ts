import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../run/scenario.js';
import { breakerMoves } from '../world/breaker-log.js';
import { doubted, sentWhileOpen } from '../world/sending-figures.js';

/** 20 an hour, with an answer that is waited for 20 s, become one every 3 s with 2 s: each one fails before the next comes. */
const EVERY_MS = 3_000;
const SEND_BY_MS = 1_000; // RELAY_SEND_BY of `SHORT_TIMES`

/** Hours lie between the failures of a quiet shop, and three of them have to open the breaker all the same. */
export const trickle: Scenario = {
  name: 'trickle',
  playedIn: 'full',
  what: 'one order at a time, each long after the one before has failed, into an HFT71 that answers nothing',
  async run({ size, marks, openWorld, say }) {
    const world = await openWorld();
    const { relay, sandbox } = world;
    await relay.startLive(2);
    const before = await sandbox.oneOrder();
    await relay.waitForState(before, 'written_back');

    await sandbox.fault({ target: 'hft71', kind: 'hang' });
    const orderIds: number[] = [];
    for (let made = 0; made < size(10, 40); made += 1) {
      orderIds.push(await sandbox.oneOrder());
      await sleep(EVERY_MS);
    }
    await sandbox.clearFaults();
    await relay.settled(orderIds, 60_000);

    const moves = await breakerMoves(relay);
    const doubts = await doubted(relay);
    say(`${doubts.size} of ${orderIds.length} are in doubt`);
    marks.atMost('doubts', doubts.size, 3);
    marks.equal('sentWhileOpen', await sentWhileOpen(world, moves, SEND_BY_MS), 0);
    const others = orderIds.filter((id) => !doubts.has(id));
    marks.equal('statesOfOthers', [...new Set(await relay.states(others))].join(', '), 'written_back');
  },
};
