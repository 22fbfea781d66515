import { waitFor, type Environment } from '@relay/testing';
import type { Scenario } from '../run/scenario.js';
import { AlertReceiver } from '../world/alert-receiver.js';
import { freePort } from '../world/free-port.js';
import type { World } from '../world/world.js';

/** The quick profile's waits; the full one has the rules as they are delivered, and only ends sooner. */
const QUICK: Environment = {
  RELAY_ALERT_EVERY: '500ms',
  RELAY_ALERT_WINDOW: '4s',
  RELAY_ALERT_BREAKER_OPEN: '1s',
  RELAY_ALERT_NO_WORKER: '1s',
  RELAY_ALERT_REDIS_AWAY: '1s',
  RELAY_ALERT_CLEAR: '1s',
  RELAY_ALERT_COOLDOWN: '1s',
};
const FULL: Environment = { RELAY_ALERT_EVERY: '15s', RELAY_ALERT_CLEAR: '15s', RELAY_ALERT_COOLDOWN: '30s' };

/** What these faults may be told as, and nothing else. */
const EXPECTED = /orders fail at HFT71|breaker open|Redis away|no worker|worker without progress/;

/**
 * HFT71 fails, then all workers are killed, and Redis is stopped: each is told by a webhook, the last two by the api alone,
 * and each ends by itself. Before the first of them nothing is told.
 */
export const alerts: Scenario = {
  name: 'alerts',
  what: 'HFT71 answers 500, all workers are killed, Redis is gone: each is told in time, once, and ends by itself',
  async run({ full, size, marks, openWorld, say }) {
    const receiver = await AlertReceiver.start();
    const port = await freePort();
    const settings = {
      ...(full ? FULL : QUICK),
      ALERT_WEBHOOK_URL: receiver.url,
      // So declared, a 500 leaves no doubt behind, and nothing for a person: everything ends by itself.
      HFT71_NOT_PROCESSED_STATUSES: '500',
    };
    say(
      Object.entries(settings)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    );
    const world = await openWorld({ ownRedis: true, settings });
    world.onClose(() => receiver.close());
    const { relay, sandbox, ownRedis: redis } = world;
    const [, workers] = await Promise.all([relay.startApi(port), relay.startLive(2)]);
    const quiet = await sandbox.order({ count: size(10, 1_000), spreadMs: size(1_000, 300_000) });
    await relay.settled(quiet, size(30_000, 120_000));
    marks.equal('alertsBeforeAnyFault', receiver.told.length, 0);

    const outageAt = Date.now();
    await sandbox.fault({ target: 'hft71', kind: 'status', status: 500 });
    const during = await sandbox.order({ count: size(10, 100) });
    const toSev1 = await receiver.secondsUntil(/^\[SEV-1\]/, outageAt, size(20_000, 300_000));
    await sandbox.clearFaults();
    await relay.settled(during, size(30_000, 120_000));
    const outageEnds = await receiver.secondsUntil(/is over/, outageAt, size(30_000, 600_000));
    say(`HFT71: SEV-1 after ${toSev1.toFixed(1)} s, over after ${outageEnds.toFixed(1)} s`);
    marks.atMost('secondsToSev1', toSev1, size(15, 300));
    marks.equal('incidentsOfTheOutage', await incidents(world), 1);

    const killedAt = Date.now();
    await Promise.all(workers.map((worker) => worker.kill('SIGKILL')));
    await redis?.stop();
    const toRedis = await receiver.secondsUntil(/Redis away/, killedAt, size(20_000, 240_000));
    await redis?.start();
    const toNoWorker = await receiver.secondsUntil(/no worker/, killedAt, size(40_000, 360_000));
    say(`Redis: after ${toRedis.toFixed(1)} s; workers: after ${toNoWorker.toFixed(1)} s`);
    marks.atMost('secondsToRedisGone', toRedis, size(15, 120));
    marks.atMost('secondsToWorkersKilled', toNoWorker, size(30, 360));

    await relay.startWorker();
    await waitFor(async () => (await open(world)) === 0 && (await undelivered(world)) === 0, {
      what: 'every incident to end by itself, and that to be told',
      timeoutMs: size(30_000, 180_000),
      intervalMs: 250,
    }).catch(() => undefined); // the mark tells
    marks.equal('openIncidents', await open(world), 0);
    marks.equal('firingAlerts', (await relay.alerts()).join(', '), '');
    marks.equal('undelivered', await undelivered(world), 0);
    marks.equal('otherAlerts', await otherKinds(world), '');
    marks.equal('messagesSentTwice', receiver.told.length - (await delivered(world)), 0);
  },
};

const count = async ({ relay }: World, of: string) =>
  Number((await relay.rows(`select count(*)::int as n from ${of}`))[0]?.['n']);
const incidents = (world: World) => count(world, 'incident');
const open = (world: World) => count(world, `incident where state <> 'resolved'`);
const undelivered = (world: World) => count(world, 'alert_message where delivered_at is null');
const delivered = (world: World) => count(world, 'alert_message where delivered_at is not null');

async function otherKinds({ relay }: World): Promise<string> {
  const kinds = (await relay.rows('select distinct kind from alert order by kind')).map(({ kind }) => String(kind));
  return kinds.filter((kind) => !EXPECTED.test(kind)).join(', ');
}
