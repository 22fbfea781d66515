import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor, type Environment } from '@relay/testing';
import type { Scenario } from '../run/scenario.js';
import { AlertReceiver } from '../world/alert-receiver.js';
import { mostPostsOfOne, notWrittenBack } from '../world/figures.js';
import type { World } from '../world/world.js';

/** The quick profile's waits; the full one has the rules as they are delivered, and only ends sooner. */
const QUICK: Environment = {
  RELAY_ALERT_EVERY: '500ms',
  RELAY_ALERT_CLEAR: '1s',
  RELAY_ALERT_COOLDOWN: '2s',
  RELAY_ALERT_BREAKER_OPEN: '1s',
};
const FULL: Environment = { RELAY_ALERT_EVERY: '15s', RELAY_ALERT_CLEAR: '15s', RELAY_ALERT_COOLDOWN: '30s' };

const SEV1_WITHIN_SECONDS = 300;
/** The breaker opens at the third failure; what is in flight by then may end in doubt too. */
const MOST_DOUBTS = 10;

/**
 * The runbook's scenario A from beginning to end: HFT71 is away while orders come, half of the first calls having been
 * accepted there without an answer. A person does nothing but look up the few in doubt.
 */
export const runbookOutage: Scenario = {
  name: 'runbook-outage',
  playedIn: 'by-name',
  what: 'an outage as operations live through it: told in time, one incident, no hand for the unsent, the few doubts resolved',
  limitSeconds: { quick: 150, full: 2_700 },
  async run({ full, size, marks, openWorld, say }) {
    const receiver = await AlertReceiver.start();
    const settings = { ...(full ? FULL : QUICK), ALERT_WEBHOOK_URL: receiver.url };
    const world = await openWorld({ settings });
    world.onClose(() => receiver.close());
    const { relay, sandbox } = world;
    await relay.startLive(2);
    await relay.settled(await sandbox.order({ count: 5 }), 30_000);

    const outageMs = size(10_000, 30 * 60_000);
    const outageAt = Date.now();
    await sandbox.faultOnSend({ kind: 'accept-then-status', status: 502, share: 0.5 });
    await sandbox.fault({ target: 'hft71', kind: 'status', status: 503 });
    const ordering = sandbox.order({ count: size(60, 500), spreadMs: outageMs });
    const toSev1 = await receiver.secondsUntil(/^\[SEV-1\]/, outageAt, size(30_000, SEV1_WITHIN_SECONDS * 1_000));
    const orderIds = await ordering;
    await sleep(Math.max(0, outageAt + outageMs - Date.now()));
    await sandbox.clearFaults();
    say(`HFT71 is back after ${outageMs / 1_000} s; SEV-1 was told after ${toSev1.toFixed(1)} s`);
    await relay.settled(orderIds, size(90_000, 600_000));

    const inDoubt = await heldInDoubt(world);
    marks.atMost('secondsToSev1', toSev1, SEV1_WITHIN_SECONDS);
    marks.atMost('doubts', inDoubt.length, MOST_DOUBTS);
    marks.equal('unsentThatNeedAPerson', await unsentOthers(world, orderIds, inDoubt), 0);
    for (const order of inDoubt) await resolve(world, order);
    await relay.settled(orderIds, size(60_000, 120_000));
    marks.equal('notWrittenBack', await notWrittenBack(world), 0);
    marks.equal('mostPostsOfOne', mostPostsOfOne(world.record()) <= 2 ? 'at most 2' : 'more', 'at most 2');

    const plan = await relay.mustRelay('resend', 'plan', '--from', new Date(outageAt).toISOString(), '--json');
    const { toSend } = JSON.parse(plan) as { toSend: number };
    marks.equal('plannedByACampaignAfterwards', toSend, 0);

    const incidentId = await closedIncident(world, size(60_000, 300_000));
    marks.equal('incidents', await count(world, 'incident where severity = 1'), 1);
    const report = JSON.parse(await relay.mustRelay('incident', 'report', incidentId, '--json')) as Report;
    const refused = world
      .record()
      .requests.filter(
        ({ target, method, path, status }) =>
          target === 'hft71' && method === 'POST' && path === '/order' && (status === 502 || status === 503),
      ).length;
    marks.equal('failedHandOffsInTheReport', failedSends(report), refused);
    const touched = new Set(orderIds.map(String));
    marks.equal(
      'affectedOrdersOfOthers',
      report.evidence.affected.numbers.filter((each) => !touched.has(each)).length,
      0,
    );
    marks.equal('affectedAndSent', report.evidence.affected.sent, report.evidence.affected.total);
    marks.atLeast('affected', report.evidence.affected.total, inDoubt.length);
  },
};

interface Held {
  readonly orderId: number;
  readonly number: string;
  readonly token: string | null;
}

interface Report {
  readonly evidence: {
    readonly affected: { readonly total: number; readonly sent: number; readonly numbers: readonly string[] };
    readonly failingCalls: readonly { readonly action: string; readonly calls: number }[];
  };
}

async function heldInDoubt({ relay }: World): Promise<Held[]> {
  const { held } = JSON.parse(await relay.mustRelay('orders', 'held', '--limit', '200', '--json')) as {
    held: (Held & { reason: string })[];
  };
  return held.filter(({ reason }) => reason === 'in-doubt');
}

async function unsentOthers(world: World, orderIds: readonly number[], inDoubt: readonly Held[]): Promise<number> {
  const doubts = new Set(inDoubt.map(({ orderId }) => orderId));
  const states = await world.relay.states(orderIds);
  return orderIds.filter((id, at) => !doubts.has(id) && states[at] !== 'written_back').length;
}

/** As a person does who looks at HFT71: it is there, with this id, or it is not. */
async function resolve({ relay, sandbox }: World, { orderId, number, token }: Held): Promise<void> {
  const [accepted] = await sandbox.acceptedOf(orderId);
  const verdict = accepted === undefined ? ['--send'] : ['--exists', String(accepted.hft71OrderId)];
  const reason = ['--reason', 'looked up at HFT71', '--attempt', token ?? 'none', '--yes'];
  await relay.mustRelay('orders', 'resolve', number, ...verdict, ...reason);
}

async function closedIncident(world: World, timeoutMs: number): Promise<string> {
  const row = await waitFor(
    async () =>
      (
        await world.relay.rows(
          `select id::text as id from incident where severity = 1 and state = 'resolved' order by id limit 1`,
        )
      )[0],
    { what: 'the incident to end by itself', timeoutMs, intervalMs: 500 },
  );
  return String(row['id']);
}

const failedSends = ({ evidence }: Report) =>
  evidence.failingCalls.filter(({ action }) => action === 'send_order').reduce((sum, { calls }) => sum + calls, 0);

async function count({ relay }: World, of: string): Promise<number> {
  return Number((await relay.rows(`select count(*)::int as n from ${of}`))[0]?.['n']);
}
