import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { projectFile, type StartedProcess } from '@relay/testing';
import type { Scenario } from '../run/scenario.js';
import { doubtsWithoutMarker, mostPostsOfOne, notWrittenBack } from '../world/figures.js';
import { postsIn, type SandboxRecord } from '../world/record.js';
import type { World } from '../world/world.js';

const TEN_MINUTES_MS = 600_000;
const LEASE_SECONDS = 5;
const RETRY_AFTER_SECONDS = 4;

export const clockSkew: Scenario = {
  alone: 'full',
  name: 'clock-skew',
  what: 'one worker is ten minutes ahead, one ten minutes behind, and the one ahead is set back by an hour',
  async run({ size, marks, openWorld, say }) {
    const world = await openWorld({
      rate: '100/10s',
      settings: { RELAY_LEASE: `${LEASE_SECONDS}s` },
    });
    const { relay, sandbox } = world;
    await relay.startLive(1);
    const [ahead, behind] = await Promise.all([
      startShifted(world, TEN_MINUTES_MS),
      startShifted(world, -TEN_MINUTES_MS),
    ]);
    await sandbox.faultOnSend({ kind: 'status', status: 429, retryAfter: String(RETRY_AFTER_SECONDS), times: 2 });
    await sandbox.faultOnSend({ kind: 'latency', delayMs: 600, processed: true });
    const count = size(70, 500);
    const orderIds = await sandbox.order({ count, spreadMs: size(6_000, 40_000) });
    process.kill(ahead.pid, 'SIGUSR2');
    say('the worker ahead is set back by an hour');
    await sleep(1_000);
    // Its lease has to be waited for, whatever the clocks of the others say.
    await behind.kill('SIGKILL');
    await startShifted(world, -TEN_MINUTES_MS);
    await sandbox.order({ count: size(10, 60) }).then((more) => orderIds.push(...more));
    await relay.settled(orderIds, size(60_000, 240_000));

    marks.equal('retriesBeforeRetryAfter', callsWhileFrozen(world.record()), 0);
    marks.equal('leasesEndedEarly', await leasesEndedEarly(world), 0);
    marks.equal('doubtsWithoutMarker', await doubtsWithoutMarker(world), 0);
    marks.atMost('doubts', (await relay.listed()).inDoubt.size, MAX_IN_FLIGHT);
    // Both refusals may have met the same order.
    marks.atMost('mostPostsOfOneBeside429s', mostPostsOfOne(unthrottled(world.record())), 1);
    marks.equal('notWrittenBack', (await notWrittenBack(world)) - (await acceptedInDoubt(world)), 0);
  },
};

/** Of the worker that is killed. */
const MAX_IN_FLIGHT = 6;

function startShifted({ relay }: World, ms: number): Promise<StartedProcess> {
  const preload = pathToFileURL(projectFile('apps/chaos/dist/preload/shifted-clock.js'));
  preload.searchParams.set('ms', String(ms));
  return relay.startWorker({ nodeArgs: ['--import', preload.href] });
}

/** POSTs that came in the seconds for which a 429 had asked for silence; those that were on their way already are not. */
function callsWhileFrozen(record: SandboxRecord): number {
  const refusals = record.requests.filter(({ target, status }) => target === 'hft71' && status === 429);
  const last = refusals.at(-1);
  if (last === undefined) throw new Error('HFT71 was to answer 429 twice, and did not: nothing is shown by this run');
  const from = last.at + ON_THEIR_WAY_MS;
  const until = last.at + RETRY_AFTER_SECONDS * 1000;
  return postsIn(record).filter(({ at }) => at > from && at < until).length;
}

const ON_THEIR_WAY_MS = 1_500;

function unthrottled(record: SandboxRecord): SandboxRecord {
  return { ...record, requests: record.requests.filter(({ status }) => status !== 429) };
}

/** By the database's clock, which is the only one that counts. */
async function leasesEndedEarly({ relay }: World): Promise<number> {
  const [row] = await relay.rows(
    `select count(*)::int as count from attempt
     where cause = 'lease-expired' and ended_at < claimed_at + $1 * interval '1 second'`,
    [LEASE_SECONDS],
  );
  return Number(row?.['count']);
}

async function acceptedInDoubt(world: World): Promise<number> {
  const { inDoubt } = await world.relay.listed();
  return world.record().accepted.filter(({ referenceId }) => inDoubt.has(Number(referenceId))).length;
}
