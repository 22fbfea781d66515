import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@relay/testing';
import { z } from 'zod';
import type { Scenario } from '../run/scenario.js';
import { freePort } from '../world/free-port.js';
import { postsIn } from '../world/record.js';
import type { World } from '../world/world.js';

const LATENCY_MS = 100;
const LIVE_EVERY_MS = 400;
/** Accepted by HFT71 and answered 500: the campaign's list names them, and may not send them. */
const DOUBTFUL = 2;
const WORKERS = 2;
/** Of a dozen orders, beside two other scenarios, a shorter p95 than that tells of the machine alone. */
const NOISE_MS = 1_000;
/** From the cancellation, as it stands in the ledger, to the last order that reaches HFT71. */
const CANCEL_MS = 2_000;

const counts = z.object({
  campaign: z.object({
    state: z.string(),
    stateReason: z.string().nullable(),
    parts: z.record(z.string(), z.number()),
    progress: z.object({
      total: z.number(),
      waiting: z.number(),
      released: z.number(),
      accepted: z.number(),
      failed: z.number(),
      inDoubt: z.number(),
      left: z.number(),
      passedOver: z.number(),
      readBack: z.number(),
    }),
  }),
});
type Campaign = z.infer<typeof counts>['campaign'];

/**
 * After an outage many orders stand refused. They are sent again by a campaign while the shop goes on selling; half-way it is
 * cancelled, resumed, and two workers are killed. Beside them stand orders of which HFT71 gave no proof: it has them.
 */
export const campaign: Scenario = {
  name: 'campaign',
  playedIn: 'by-name',
  what: 'a batch re-send, cancelled at half and resumed, with workers killed and live orders arriving',
  alone: 'full',
  limitSeconds: { quick: 150, full: 2_400 },
  async run({ size, marks, openWorld, say, random }) {
    const port = await freePort();
    const settings = {
      HFT71_LOOKUP_PATH: '/order?referenceId={referenceId}',
      RELAY_CAMPAIGN_WATCH: `${size(2, 30)}s`,
      // Live orders come by webhook: a sweep reads what the campaign writes back, and brings them by the dozen.
      RELAY_PUBLIC_URL: `http://127.0.0.1:${port}`,
      RELAY_SWEEP_INTERVAL: `${size(5, 20)}s`,
      RELAY_LEVEL_SWEEP_INTERVAL: '1h',
    };
    const world = await openWorld({ settings });
    const { relay, sandbox } = world;
    const [, started] = await Promise.all([relay.startApi(port), relay.startLive(WORKERS)]);
    let workers = started;
    const doubtful = await inDoubt(world);
    await sandbox.faultOnSend({ kind: 'latency', delayMs: LATENCY_MS });

    const alone = await liveOrders(world, size(8, 150), new AbortController().signal);
    const refused = await refusedOrders(world, size(80, 10_000));
    const id = await plan(world, [...refused, ...doubtful], marks.equal.bind(marks));
    await sandbox.setHft71({ lookup: { enabled: true } });
    const start = ['--batch-size', String(size(15, 500)), '--canary', '3', '--share', '40', '--stop-over', '60'];
    await relay.mustRelay('resend', 'start', id, ...start, '--reason', 'after the outage', '--yes');

    // The live orders are judged while no worker is killed: what a kill costs them is no matter of the campaign.
    const half = new AbortController();
    const beside = liveOrders(world, Infinity, half.signal);
    // The command needs a moment to start, in which a short campaign goes on to its half.
    await untilAccepted(world, id, refused.length * size(0.2, 0.5), size(60_000, 1_000_000));
    await relay.mustRelay('resend', 'cancel', id, '--reason', 'fewer at a time');
    half.abort();
    await sleep(CANCEL_MS + 500);
    const cancelledAt = await since(world, id, 'cancelled');
    const isOurs = new Set(refused.map(String));
    const ours = () => postsIn(world.record()).filter(({ reference }) => isOurs.has(reference));
    marks.atMost('msUntilCancelled', Math.max(0, ...ours().map(({ at }) => at - cancelledAt)), CANCEL_MS);
    marks.equal('progressOffAtHalf', await progressOff(world, id, refused), 0);
    marks.atLeast('leftAtHalf', (await status(world, id)).progress.waiting, 1);
    say(`cancelled after ${ours().length} of ${refused.length}`);
    const besides = await beside;

    await relay.mustRelay('resend', 'resume', id, '--reason', 'HFT71 is well', '--yes');
    const later = new AbortController();
    const besideKills = liveOrders(world, Infinity, later.signal);
    for (let killed = 1; killed <= 2; killed += 1) {
      await untilAccepted(world, id, refused.length * (0.5 + killed * 0.1), size(60_000, 1_000_000));
      await sleep(random.whole(0, 500));
      const victim = random.pick(workers);
      const [, fresh] = await Promise.all([victim.kill('SIGKILL'), relay.startWorker()]);
      workers = [...workers.filter((worker) => worker !== victim), fresh];
      say(`${killed} of 2 workers killed`);
    }
    const end = await untilOver(world, id, size(90_000, 1_500_000));
    later.abort();
    await relay.settled([...refused, ...(await besideKills)], 60_000);

    marks.equal('ended', `${end.state}${end.state === 'verified' ? '' : `: ${end.stateReason ?? ''}`}`, 'verified');
    marks.equal('progressOff', await progressOff(world, id, refused), 0);
    marks.equal('readBack', end.progress.readBack, end.progress.accepted);
    marks.equal(
      'doubtfulSentByIt',
      ours().filter(({ reference }) => doubtful.map(String).includes(reference)).length,
      0,
    );
    const [without, beneath] = await Promise.all([p95(world, alone), p95(world, besides)]);
    say(`live orders: p95 ${Math.round(without)} ms alone, ${Math.round(beneath)} ms beside the campaign`);
    marks.atMost('liveP95Ratio', beneath / Math.max(without, size(NOISE_MS, 0)), 1.5);
  },
};

async function inDoubt({ sandbox, relay }: World): Promise<number[]> {
  await sandbox.faultOnSend({ kind: 'accept-then-status', status: 500, times: DOUBTFUL });
  const ids = await sandbox.order({ count: DOUBTFUL });
  await waitFor(async () => (await relay.states(ids)).every((state) => /^(in_doubt|held: in-doubt)$/.test(state)), {
    what: 'the doubtful orders',
    timeoutMs: 30_000,
  });
  return ids;
}

/** As if HFT71 had refused each: made while nothing can be sent, so that 10,000 refusals need no 10,000 calls. */
async function refusedOrders({ sandbox, relay }: World, count: number): Promise<number[]> {
  await relay.rows(
    `update account set breaker_state = 'open', breaker_owner = 'person:the test', breaker_reason = 'an outage'`,
  );
  // Thousands within one second are another story: the walk through a second that fills its pages.
  const ids = await sandbox.order({ count, ...(count > 1_000 ? { spreadMs: count * 6 } : {}) });
  await relay.waitForState(ids, 'ready', 600_000);
  await relay.rows(
    `update intent i set state = 'rejected', reason = 'http-422', reason_detail = 'refused', content_hash = o.content_hash
     from shop_order o where o.shop_id = i.shop_id and o.order_id = i.order_id and i.kind = 'send_order' and i.state = 'ready'
       and i.order_id = any($1::bigint[])`,
    [ids],
  );
  await relay.rows(`update account set breaker_state = 'closed', breaker_owner = null, breaker_reason = null`);
  return ids;
}

async function plan(
  { relay }: World,
  orderIds: readonly number[],
  equal: (name: string, value: number, bound: number) => void,
): Promise<string> {
  const csv = `\ufeff"order"\r\n${orderIds.map((orderId) => `"${orderId}"`).join('\r\n')}\r\n`;
  const { stdout, stderr } = await relay.relayReading(csv, 'resend', 'plan', '--csv', '-', '--json');
  const planned = z.object({ campaignId: z.number(), toSend: z.number() }).safeParse(JSON.parse(stdout || '{}'));
  if (!planned.success) throw new Error(`relay resend plan said ${stdout}${stderr}`);
  equal('plannedToSend', planned.data.toSend, orderIds.length - DOUBTFUL);
  return String(planned.data.campaignId);
}

async function status({ relay }: World, id: string): Promise<Campaign> {
  return counts.parse(JSON.parse(await relay.mustRelay('resend', 'status', id, '--json'))).campaign;
}

async function untilAccepted({ relay }: World, id: string, orders: number, timeoutMs: number): Promise<void> {
  await waitFor(
    async () => {
      const [row] = await relay.rows(
        `select count(*)::int as n from campaign_item where campaign_id = $1 and outcome = 'sent'`,
        [id],
      );
      return Number(row?.['n']) >= orders;
    },
    { what: `${orders} orders of the campaign to be sent`, timeoutMs, intervalMs: 100 },
  );
}

/** When the campaign came to this state, in ms since 1970. @throws where it is in another. */
async function since({ relay }: World, id: string, state: string): Promise<number> {
  const [row] = await relay.rows(
    'select extract(epoch from state_since)::float8 * 1000 as at from campaign where id = $1 and state = $2',
    [id, state],
  );
  if (row === undefined) throw new Error(`the campaign is not ${state}`);
  return Number(row['at']);
}

/** Until it is over, or has stopped itself. */
async function untilOver(world: World, id: string, timeoutMs: number): Promise<Campaign> {
  await waitFor(
    async () => {
      const [row] = await world.relay.rows('select state from campaign where id = $1', [id]);
      return ['verified', 'not_verified', 'paused'].includes(String(row?.['state']));
    },
    { what: 'the end of the campaign', timeoutMs, intervalMs: 250 },
  );
  return status(world, id);
}

/** Counted by the command against HFT71's own record, once nothing is on its way; and whether its parts are the whole. */
async function progressOff(world: World, id: string, orderIds: readonly number[]): Promise<number> {
  await waitFor(
    async () => {
      const open = await world.relay.rows(
        `select 1 from campaign_item ci join intent i on i.id = ci.intent_id
         where ci.campaign_id = $1 and (ci.released_at is not null and ci.ended_at is null or i.doubt_since is not null and ci.part = 're-arm')`,
        [id],
      );
      return open.length === 0;
    },
    { what: 'nothing of the campaign to be on its way or in doubt', timeoutMs: 60_000, intervalMs: 250 },
  );
  const { progress } = await status(world, id);
  const { total, waiting, released, accepted, failed, inDoubt: doubts, left, passedOver } = progress;
  const ours = new Set(orderIds.map(String));
  const atHft71 = new Set(
    world
      .record()
      .accepted.map(({ referenceId }) => referenceId)
      .filter((each) => ours.has(each)),
  );
  const parts = waiting + released + accepted + failed + doubts + left + passedOver;
  return Math.abs(accepted - atHft71.size) + Math.abs(parts - total) + Math.abs(total - orderIds.length);
}

/** Orders as a shop gets them, one after the other. @returns their ids, once the relay is done with them. */
async function liveOrders({ sandbox, relay }: World, most: number, until: AbortSignal): Promise<number[]> {
  const ids: number[] = [];
  while (ids.length < most && !until.aborted) {
    ids.push(await sandbox.oneOrder());
    await sleep(LIVE_EVERY_MS);
  }
  await relay.settled(ids, 60_000);
  return ids;
}

/** From the moment that the relay knows an order to its arrival at HFT71, in ms. */
async function p95(world: World, orderIds: readonly number[]): Promise<number> {
  const known = await world.relay.rows(
    `select reference, extract(epoch from created_at)::float8 * 1000 as at from intent
     where kind = 'send_order' and order_id = any($1::bigint[])`,
    [orderIds],
  );
  const arrivals = new Map(postsIn(world.record()).map(({ reference, at }) => [reference, at]));
  const waits = known.map((row) => (arrivals.get(String(row['reference'])) ?? Infinity) - Number(row['at']));
  return waits.sort((a, b) => a - b)[Math.ceil(waits.length * 0.95) - 1] ?? Infinity;
}
