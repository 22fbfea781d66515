import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../run/scenario.js';
import { breakerMoves, openingsFromClosed, reopenings } from '../world/breaker-log.js';
import { doubted, sentWhileOpen } from '../world/sending-figures.js';

const PHASE_MS = 10_000;
/** Failures in a row that open the breaker, and the most POSTs that are on their way meanwhile (HFT71_MAX_IN_FLIGHT). */
const DOUBTS_PER_OPENING = 3 + 6;
const SEND_BY_MS = 1_000; // RELAY_SEND_BY of `SHORT_TIMES`

/** Each way of being down, in an order that the seed draws: what is on its way is dearest where nothing answers. */
const WAYS_DOWN = [
  { kind: 'hang' },
  { kind: 'status', status: 503 },
  { kind: 'reset-after', match: { method: 'POST', pathPattern: '/order$' } },
];

export const flapping: Scenario = {
  name: 'flapping',
  playedIn: 'full',
  what: 'HFT71 is up for 10 s and down for 10 s, time and again, while orders go on arriving',
  async run({ size, random, marks, openWorld, say }) {
    const world = await openWorld();
    const { relay, sandbox } = world;
    await relay.startLive(2);
    const cycles = size(2, 9);
    const arriving = sandbox.order({ count: cycles * size(30, 60), spreadMs: cycles * 2 * PHASE_MS });
    arriving.catch(() => undefined); // awaited below
    const first = random.whole(0, WAYS_DOWN.length - 1);
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      await sleep(PHASE_MS);
      const down = WAYS_DOWN[(first + cycle) % WAYS_DOWN.length];
      await sandbox.fault({ target: 'hft71', ...down });
      await sleep(PHASE_MS);
      await sandbox.clearFaults();
    }
    const orderIds = await arriving;
    await relay.settled(orderIds, 60_000);

    const moves = await breakerMoves(relay);
    const doubts = await doubted(relay);
    const allowed = DOUBTS_PER_OPENING * openingsFromClosed(moves) + reopenings(moves);
    say(`${openingsFromClosed(moves)} openings, ${reopenings(moves)} re-openings, ${doubts.size} doubts`);
    marks.atLeast('openings', openingsFromClosed(moves), cycles - 1);
    marks.atMost('doubts', doubts.size, allowed);
    marks.equal('sentWhileOpen', await sentWhileOpen(world, moves, SEND_BY_MS), 0);
    const others = orderIds.filter((id) => !doubts.has(id));
    marks.equal('statesOfOthers', [...new Set(await relay.states(others))].join(', '), 'written_back');
  },
};
