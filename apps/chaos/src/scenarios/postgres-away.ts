import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../run/scenario.js';
import { callsWithoutAttempt, mostPostsOfOne, notWrittenBack } from '../world/figures.js';
import { freePort } from '../world/free-port.js';

const DELIVERIES = 50;

export const postgresAway: Scenario = {
  name: 'postgres-away',
  what: 'PostgreSQL is away while the shop delivers its webhooks: each is answered 200, and a sweep finds what they told',
  async run({ size, marks, openWorld, say }) {
    const port = await freePort();
    const settings = {
      RELAY_PUBLIC_URL: `http://127.0.0.1:${port}`,
      // By webhooks, and by the sweep that is forced over the gap; the schedule's would find the orders as well.
      RELAY_SWEEP_INTERVAL: '1h',
      RELAY_LEVEL_SWEEP_INTERVAL: '1h',
      RELAY_SWEEP_OVERLAP: '1m',
    };
    const world = await openWorld({ ownPostgres: true, settings });
    const { relay, sandbox, ownPostgres: postgres } = world;
    await Promise.all([relay.startApi(port), relay.startLive(2)]);
    const before = await sandbox.order({ count: 5 });
    await relay.settled(before, 30_000);

    const failuresBefore = (await sandbox.summary()).webhookFailures;
    await postgres?.stop();
    const awaySince = Date.now();
    const awayMs = size(12_000, 60_000);
    say(`PostgreSQL is away for ${awayMs / 1000} s`);
    const during = await sandbox.order({ count: DELIVERIES, spreadMs: awayMs / 2 });
    await sleep(Math.max(0, awaySince + awayMs - Date.now()));
    const posts = world.record().accepted.filter(({ at }) => at > awaySince + CALLS_UNDER_WAY_MS).length;
    await postgres?.start();
    say('PostgreSQL is back');
    await relay.settled(during, 90_000);

    const { webhookDeliveries, webhookFailures } = await sandbox.summary();
    marks.atLeast('deliveries', webhookDeliveries, DELIVERIES);
    marks.equal('failedDeliveries', webhookFailures - failuresBefore, 0);
    marks.equal(
      'disabledWebhooks',
      (await sandbox.shopWebhooks()).filter(({ status }) => status !== 'active').length,
      0,
    );
    marks.equal('sentWhileAway', posts, 0);
    marks.equal('callsWithoutAttempt', await callsWithoutAttempt(world), 0);
    marks.equal('mostPostsOfOne', mostPostsOfOne(world.record()), 1);
    marks.equal('notWrittenBack', await notWrittenBack(world), 0);
  },
};

/** A claim that was committed just before may still become a call. */
const CALLS_UNDER_WAY_MS = 1_000;
