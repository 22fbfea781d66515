import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@relay/testing';
import type { Scenario, Stage } from '../run/scenario.js';
import { freePort } from '../world/free-port.js';
import type { World } from '../world/world.js';

const SECRET = 'the secret of its webhook';
/** In the order of advancement: HFT71 tells each as it comes to it. */
const STATUSES = ['In Production', 'Item Finished', 'Closed'] as const;
const MAPPING = { 'In Production': 'processing', 'Item Finished': 'on-hold', Closed: 'completed' } as const;
/** HFT71's id, and one for each status. */
const MOST_PUTS = 1 + STATUSES.length;
/** Of each attempt, also of one that came too late on a busy machine and was handed back: no word about a status. */
const MARKER = '_hft71_relay_send';

interface Delivery {
  readonly atMs: number;
  readonly hft71OrderId: number;
  readonly status: string;
}

/**
 * HFT71 promises no order, no single delivery and no time: each change is told one to five times, spread over a day, so
 * that old ones come after new ones. The day is a minute here.
 */
export const webhookShuffle: Scenario = {
  name: 'webhook-shuffle',
  what: 'HFT71’s webhooks come one to five times each, shuffled over a day, old after new: the shop shows what the API says',
  async run(stage) {
    const { size, marks, openWorld, say } = stage;
    const port = await freePort();
    const dayMs = size(12_000, 60_000);
    const settings = {
      RELAY_PUBLIC_URL: `http://127.0.0.1:${port}`,
      HFT71_WEBHOOK_SECRET: SECRET,
      HFT71_STATUS_MAPPING: JSON.stringify(MAPPING),
      HFT71_POLL_INTERVAL: '1h', // only what the webhooks tell moves anything
      HFT71_WEBHOOK_SILENCE: '1h',
    };
    const world = await openWorld({ settings, sandboxArgs: ['--status-step-ms', String(dayMs / 4)] });
    const { relay, sandbox } = world;
    await Promise.all([relay.startApi(port), relay.startLive(2)]);
    const orderIds = await sandbox.order({ count: size(60, 1_000), kinds: ['variation'] });
    const delivering = deliver(world, stage, { port, dayMs, orders: orderIds.length });
    await relay.settled(orderIds, 180_000);
    say(`${orderIds.length} orders are at HFT71, their statuses on their way`);
    const { told, refused } = await delivering;
    say(`${told} deliveries of ${orderIds.length * STATUSES.length} changes`);
    await waitFor(async () => (await shopStatuses(world, orderIds)).every((status) => status === MAPPING.Closed), {
      what: 'every order to be completed in the shop',
      timeoutMs: size(60_000, 240_000),
      intervalMs: 1_000,
    }).catch(() => undefined); // the mark tells
    await relay.sweptOnce(); // echoes

    const statuses = await shopStatuses(world, orderIds);
    const puts = putsByOrder(world);
    marks.equal('statusesInTheShop', [...new Set(statuses)].join(', '), MAPPING.Closed);
    marks.equal('refusedDeliveries', refused, 0);
    marks.atLeast('deliveriesPerChange', told / (orderIds.length * STATUSES.length), 2);
    marks.equal('backwardSteps', backwardSteps(puts), 0);
    marks.atMost('mostPutsOfOne', Math.max(...[...puts.values()].map(({ length }) => length)), MOST_PUTS);
    marks.atMost('readsPerOrder', readsAtHft71(world) / orderIds.length, 2 * STATUSES.length);
  },
};

/** Follows what HFT71 accepts, and tells of each change at moments of its own. */
async function deliver(
  { sandbox }: World,
  { random }: Stage,
  { port, dayMs, orders }: { port: number; dayMs: number; orders: number },
): Promise<{ told: number; refused: number }> {
  const waiting: Delivery[] = [];
  const known = new Set<number>();
  let told = 0;
  let refused = 0;
  while (known.size < orders || waiting.length > 0) {
    for (const { hft71OrderId, at } of known.size < orders ? await sandbox.acceptedOrders() : []) {
      if (known.has(hft71OrderId)) continue;
      known.add(hft71OrderId);
      for (const [step, status] of STATUSES.entries()) {
        const changedAt = at + (step * dayMs) / 4 + 50;
        for (let repeats = random.whole(1, 5); repeats > 0; repeats -= 1)
          waiting.push({ atMs: changedAt + random.whole(0, dayMs), hft71OrderId, status });
      }
    }
    const due = waiting.filter(({ atMs }) => atMs <= Date.now());
    waiting.splice(0, waiting.length, ...waiting.filter(({ atMs }) => atMs > Date.now()));
    const answers = await Promise.all(due.map((delivery) => tell(port, delivery)));
    told += answers.length;
    refused += answers.filter((status) => status !== 200).length;
    await sleep(200);
  }
  return { told, refused };
}

async function tell(port: number, { hft71OrderId, status }: Delivery): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/wp-json/hft71/v1/order-status`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hft71-webhook-secret': SECRET },
    body: JSON.stringify({ external_id: String(hft71OrderId), status }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

async function shopStatuses({ sandbox }: World, orderIds: readonly number[]): Promise<string[]> {
  const statuses: string[] = [];
  for (const orderId of orderIds) statuses.push((await sandbox.shopOrder(orderId)).status);
  return statuses;
}

type Put = {
  readonly status?: string;
  readonly meta_data?: readonly { readonly key: string; readonly value: unknown }[];
};

function isMarkerAlone({ meta_data: meta = [], ...rest }: Put): boolean {
  return Object.keys(rest).length === 0 && meta.length === 1 && meta[0]?.key === MARKER && meta[0].value !== null;
}

function putsByOrder(world: World): Map<string, Put[]> {
  const puts = new Map<string, Put[]>();
  for (const { target, method, path, body } of world.record().requests) {
    const orderId = /\/orders\/(\d+)$/.exec(path)?.[1];
    if (target !== 'shop' || method !== 'PUT' || orderId === undefined) continue;
    const put: Put = body ?? {};
    if (!isMarkerAlone(put)) puts.set(orderId, [...(puts.get(orderId) ?? []), put]);
  }
  return puts;
}

function backwardSteps(puts: ReadonlyMap<string, readonly Put[]>): number {
  const order: readonly string[] = Object.values(MAPPING);
  let steps = 0;
  for (const each of puts.values()) {
    const ranks = each.flatMap(({ status }) => (status === undefined ? [] : [order.indexOf(status)]));
    steps += ranks.filter((rank, at) => at > 0 && rank < (ranks[at - 1] as number)).length;
  }
  return steps;
}

function readsAtHft71(world: World): number {
  return world.record().requests.filter(({ target, path }) => target === 'hft71' && path.endsWith('/status')).length;
}
