import type { Scenario } from '../run/scenario.js';
import { callsWithoutAttempt, mostPostsOfOne, notWrittenBack } from '../world/figures.js';
import { untilAccepted } from '../world/moving-again.js';

/** Longer than a restart and a connection's timeout (5 s) together, as the defaults are. */
const LONG_LEASES = { RELAY_LEASE: '20s', RELAY_PREPARED_TIMEOUT: '20s', RELAY_DISPATCH_LEASE: '20s' };

export const postgresRestart: Scenario = {
  name: 'postgres-restart',
  what: 'PostgreSQL is restarted, and killed, in the middle of a drain: what it acknowledged it still knows',
  async run({ size, marks, openWorld, say }) {
    const world = await openWorld({ ownPostgres: true, settings: LONG_LEASES });
    const { relay, sandbox, ownPostgres: postgres } = world;
    await relay.startLive(2);
    await sandbox.faultOnSend({ kind: 'latency', delayMs: 300 });
    const count = size(60, 500);
    const orderIds = await sandbox.order({ count });
    for (let round = 0; round < size(1, 3); round += 1)
      for (const end of ['stop', 'kill'] as const) {
        await untilAccepted(world, count * (0.1 + 0.25 * round + (end === 'kill' ? 0.15 : 0)));
        await postgres?.[end]();
        await postgres?.start();
        say(`PostgreSQL is back after ${end}`);
      }
    await relay.settled(orderIds, size(90_000, 300_000));

    marks.equal('callsWithoutAttempt', await callsWithoutAttempt(world), 0);
    marks.equal('mostPostsOfOne', mostPostsOfOne(world.record()), 1);
    marks.equal('notWrittenBack', await notWrittenBack(world), 0);
    marks.equal('doubts', (await relay.listed()).inDoubt.size, 0);
  },
};
