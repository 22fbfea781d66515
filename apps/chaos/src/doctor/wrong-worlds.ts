import { waitFor } from '@relay/testing';
import type { World } from '../world/world.js';
import type { Spoiled, WrongThing } from './wrong-thing.js';

const AN_HOUR_MS = 3_600_000;

/** The settings are right, and the world is not: one after the other. */
export const WRONG_WORLDS: readonly WrongThing[] = [
  {
    name: 'permalinks',
    cause: 'shop-permalinks',
    spoil: (world) => shopIs(world, { plainPermalinks: true }, { plainPermalinks: false }),
  },
  {
    name: 'http',
    cause: 'shop-http',
    spoil: (world) => shopIs(world, { forceHttps: true }, { forceHttps: false }),
  },
  {
    name: 'clockOfShop',
    cause: 'clock',
    spoil: (world) => shopIs(world, { clockOffsetMs: AN_HOUR_MS }, { clockOffsetMs: 0 }),
  },
  {
    name: 'firewallOfShop',
    cause: 'shop-firewall',
    spoil: (world) => answersForbidden(world, 'shop', '/wp-json/'),
  },
  {
    name: 'firewallOfShopOnWrites',
    cause: 'shop-firewall',
    fullOnly: true,
    spoil: (world) => fault(world, { target: 'shop', kind: 'status', status: 403, match: { method: 'PUT' } }),
  },
  {
    name: 'firewallOfHft71',
    cause: 'hft71-firewall',
    fullOnly: true,
    spoil: (world) => answersForbidden(world, 'hft71', '/'),
  },
  {
    name: 'outageOfHft71',
    cause: 'hft71-outage',
    fullOnly: true,
    spoil: (world) => fault(world, { target: 'hft71', kind: 'status', status: 503 }),
  },
  { name: 'webhookDisabled', cause: 'shop-webhook-disabled', spoil: webhookDisabled },
  { name: 'webhookSecretOfHft71', cause: 'hft71-webhook-secret', fullOnly: true, spoil: webhookSecretOfHft71 },
  { name: 'webhookSecretOfShop', cause: 'shop-webhook-secret', spoil: webhookSecretOfShop },
  { name: 'workerStuck', cause: 'worker-stuck', spoil: workerStuck },
];

async function shopIs(
  { sandbox }: World,
  wrong: Record<string, unknown>,
  right: Record<string, unknown>,
): Promise<Spoiled> {
  await sandbox.setShop(wrong);
  return { mend: () => sandbox.setShop(right) };
}

/** As a WAF does: a page of its own, whatever was asked. */
function answersForbidden(world: World, target: 'shop' | 'hft71', pathPattern: string): Promise<Spoiled> {
  return fault(world, { target, kind: 'status', status: 403, match: { pathPattern } });
}

async function fault({ sandbox }: World, wrong: Record<string, unknown>): Promise<Spoiled> {
  const id = await sandbox.fault(wrong);
  return { mend: () => sandbox.removeFault(id) };
}

async function webhookDisabled({ sandbox }: World): Promise<Spoiled> {
  const hook = (await sandbox.shopWebhooks()).find(({ topic }) => topic === 'order.updated');
  if (hook === undefined) throw new Error('The shop has no webhook for order.updated.');
  await sandbox.editWebhook(hook.id, { status: 'disabled' });
  return { mend: () => sandbox.editWebhook(hook.id, { status: 'active' }) };
}

/** Its deliveries are refused by the api: that is how it is seen. */
async function webhookSecretOfShop({ sandbox, relay }: World): Promise<Spoiled> {
  const [known] = await relay.rows('select order_id::int as id from shop_order limit 1');
  const orderId = Number(known?.['id']);
  const signWith = async (secret: string) => {
    for (const { id } of await sandbox.shopWebhooks()) await sandbox.editWebhook(id, { secret });
    await sandbox.edit(orderId, { customer_note: `signed with the ${secret.length} characters of a secret` });
  };
  await signWith('of another relay');
  await counted(relay, 'bad-signature');
  return {
    mend: async () => {
      const deliveries = async () => (await relay.rows(`select 1 from delivery where result = 'order'`)).length;
      const before = await deliveries();
      await signWith(relay.settings['WC_WEBHOOK_SECRET'] ?? '');
      await waitFor(async () => (await deliveries()) > before, { what: 'a delivery of the shop’s to be taken in' });
    },
  };
}

async function webhookSecretOfHft71({ sandbox, relay }: World): Promise<Spoiled> {
  const url = `${relay.settings['RELAY_PUBLIC_URL']}/wp-json/hft71/v1/order-status`;
  await sandbox.setHft71({ webhook: { url, secret: 'of another shop' } });
  // One refusal may be anybody's.
  for (let call = 0; call < 3; call += 1) await sandbox.tellStatus(1, 'Closed');
  await counted(relay, 'hft71-refused');
  return {
    mend: async () => {
      await sandbox.setHft71({ webhook: { url, secret: relay.settings['HFT71_WEBHOOK_SECRET'] } });
      await sandbox.tellStatus(1, 'Closed');
      await waitFor(
        async () => (await relay.rows(`select 1 from delivery where topic = 'hft71.order-status'`)).length > 0,
        {
          what: 'a delivery of HFT71’s to be taken in',
        },
      );
    },
  };
}

async function counted(relay: World['relay'], result: string): Promise<void> {
  await waitFor(async () => (await relay.rows('select 1 from delivery_count where result = $1', [result])).length > 0, {
    what: `a delivery to be refused: ${result}`,
  });
}

/** Stopped, as one that is out of memory or blocked: it neither ends nor beats. */
async function workerStuck({ relay }: World): Promise<Spoiled> {
  const [row] = await relay.rows(`select pid from process_beat where kind = 'worker' order by seen_at desc limit 1`);
  const pid = Number(row?.['pid']);
  process.kill(pid, 'SIGSTOP');
  // On Linux its process says so at once; elsewhere, and from another machine, its missing beats do.
  if (process.platform !== 'linux')
    await waitFor(
      async () =>
        (await relay.rows(`select 1 from process_beat where pid = $1 and seen_at < now() - interval '16 s'`, [pid]))
          .length > 0,
      { what: 'the worker to be silent', timeoutMs: 25_000 },
    );
  return { mend: async () => void process.kill(pid, 'SIGCONT') };
}
