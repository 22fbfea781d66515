import { waitFor } from '@relay/testing';
import type { World } from '../world/world.js';
import type { AlertStory, Cast } from './alert-story.js';

/** Of HFT71's webhook, on both sides. */
export const SECRET = 'the secret of its webhook';
const MANY = 3;

const noFaults = ({ world }: Cast) => world.sandbox.clearFaults();

/** Each leaves the relay well again, so that the next begins with nothing told. */
export const ALERT_STORIES: readonly AlertStory[] = [
  {
    kinds: ['orders fail at HFT71', 'breaker open'],
    what: 'HFT71 takes no order',
    begin: async ({ world: { sandbox } }) => {
      await sandbox.faultOnSend({ kind: 'status', status: 500 });
      await sandbox.order({ count: MANY });
    },
    end: noFaults,
  },
  {
    kinds: ['orders fail at HFT71'],
    what: 'HFT71 refuses each log-in with 500',
    begin: async ({ world: { sandbox } }) => {
      await sandbox.fault({ target: 'hft71', kind: 'status', status: 500, match: { pathPattern: '/authentication' } });
      await sandbox.fault({ target: 'hft71', kind: 'expire-tokens', times: 1 });
      await sandbox.order({ count: MANY });
    },
    end: noFaults,
  },
  {
    kinds: ['credentials refused'],
    what: 'the shop answers 401',
    begin: ({ world: { sandbox } }) =>
      sandbox.fault({
        ...{ target: 'shop', kind: 'status', status: 401 },
        body: { code: 'woocommerce_rest_authentication_error', message: 'Invalid signature', data: { status: 401 } },
      }),
    end: noFaults,
  },
  {
    kinds: ['shop away'],
    what: 'the shop answers 503',
    begin: ({ world: { sandbox } }) => sandbox.fault({ target: 'shop', kind: 'status', status: 503 }),
    end: noFaults,
  },
  {
    kinds: ['orders held'],
    what: 'HFT71 refuses one order, which is then mended in the shop',
    begin: async ({ world: { sandbox } }) => {
      await sandbox.faultOnSend({ kind: 'status', status: 422, times: 1 });
      await sandbox.oneOrder();
    },
    end: async ({ world }) => {
      const [row] = await world.relay.rows(`select order_id from intent where state = 'rejected'`);
      await world.sandbox.edit(Number(row?.['order_id']), { shipping: { address_1: 'Another Way 2' } });
    },
  },
  {
    kinds: ['HFT71’s webhook is silent'],
    what: 'HFT71’s webhook stops while orders are made',
    begin: async ({ world: { sandbox } }) => {
      await sandbox.setHft71({ webhook: { drop: true } });
      await sandbox.order({ count: MANY + 2 });
    },
    end: async ({ world: { sandbox } }) => {
      await sandbox.setHft71({ webhook: { drop: false } });
      await sandbox.order({ count: MANY });
    },
  },
  {
    kinds: ['the shop’s webhooks are silent'],
    what: 'the shop’s webhooks stop while orders come',
    begin: async ({ world }) => {
      await world.sandbox.setWebhooks({ mode: 'drop' });
      await ordersUntil(world, 'the shop’s webhooks are silent');
    },
    end: async ({ world: { sandbox } }) => {
      await sandbox.setWebhooks({ mode: 'normal' });
      await sandbox.order({ count: MANY });
    },
  },
  {
    kinds: ['shop webhook disabled'],
    what: 'the shop has disabled a webhook',
    begin: async ({ world: { sandbox } }) => {
      const [webhook] = await sandbox.shopWebhooks();
      if (webhook === undefined) throw new Error('the relay has made no webhook in the shop');
      await sandbox.editWebhook(webhook.id, { status: 'disabled' });
    },
    end: () => Promise.resolve(),
  },
  {
    kinds: ['no stock sync'],
    what: 'HFT71 does not tell its stock',
    begin: ({ world: { sandbox } }) =>
      sandbox.fault({ target: 'hft71', kind: 'status', status: 500, match: { pathPattern: 'stock' } }),
    end: noFaults,
  },
  {
    kinds: ['queue age'],
    what: 'HFT71 takes orders, and takes its time',
    begin: async ({ world: { sandbox } }) => {
      await sandbox.faultOnSend({ kind: 'latency', delayMs: 1_500 });
      await sandbox.order({ count: 100 });
    },
    end: noFaults,
  },
  {
    kinds: ['budget starved'],
    what: 'HFT71 answers each order with 429',
    begin: async ({ world: { sandbox } }) => {
      await sandbox.faultOnSend({ kind: 'status', status: 429, retryAfter: '2' });
      await sandbox.order({ count: MANY });
    },
    end: noFaults,
  },
  {
    kinds: ['no worker'],
    what: 'the only worker is killed',
    begin: ({ worker }) => worker.kill('SIGKILL'),
    end: async (cast) => {
      cast.worker = await cast.world.relay.startWorker();
    },
  },
  {
    kinds: ['Redis away', 'worker without progress'],
    what: 'Redis is stopped while an order comes',
    begin: async ({ world: { ownRedis, sandbox } }) => {
      await ownRedis?.stop();
      await sandbox.oneOrder();
    },
    end: async ({ world: { ownRedis } }) => ownRedis?.start(),
  },
];

/** One after the other: what a sweep finds is counted order by order. */
async function ordersUntil(world: World, kind: string): Promise<void> {
  await waitFor(
    async () => {
      await world.sandbox.oneOrder();
      return (await world.relay.alerts()).includes(kind);
    },
    { what: kind, timeoutMs: 60_000, intervalMs: 1_000 },
  ).catch(() => undefined); // the mark tells
}
