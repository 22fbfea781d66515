import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '@relay/testing';
import { connectLedger, type Ledger } from './connect.js';
import { ensureAccount } from './accounts.js';
import { claimAttempt, prepareAttempt } from './attempt.js';
import { takeDueSends } from './dispatch.js';
import { receiveOrder, type SeenOrder } from './receive-order.js';
import { ensureShop, finishBaseline, finishGoingLive, startGoingLive } from './shops.js';

/** For specs: a ledger of its own with one live shop, and the few acts that every spec needs. */
export interface LedgerWorld {
  readonly databaseUrl: string;
  readonly ledger: Ledger;
  readonly accountId: string;
  seen(over?: Partial<SeenOrder>): SeenOrder;
  receive(
    over?: Partial<SeenOrder>,
    how?: { sendDelayMs?: number; seenBy?: string; beforeLive?: boolean; readJustNow?: boolean },
  ): ReturnType<typeof receiveOrder>;
  intent(orderId?: number, kind?: string): Promise<Record<string, unknown>>;
  /** Receives order 1 and takes it up to the claim. @returns the attempt's token. */
  claimed(orderId?: number): Promise<string>;
  prepared(orderId?: number): Promise<string>;
  claim(token: string, orderId?: number, leaseMs?: number): ReturnType<typeof claimAttempt>;
  close(): Promise<void>;
}

export const SHOP = 'main';

export async function startLedgerWorld(options: { live?: boolean; maxInFlight?: number } = {}): Promise<LedgerWorld> {
  const database = await createTestDatabase();
  const ledger = connectLedger({ databaseUrl: database.url, applicationName: 'spec' });
  const account = await ensureAccount(ledger, {
    baseUrl: 'https://hft71.example',
    username: 'u',
    maxInFlight: options.maxInFlight ?? 6,
  });
  await ensureShop(ledger, { id: SHOP, accountId: account.id, baseUrl: 'https://shop.example' });
  await finishBaseline(ledger, SHOP, new Date('2026-11-01T00:00:00Z'));
  if (options.live ?? true) {
    const liveAt = new Date('2026-11-01T00:00:00Z');
    await startGoingLive(ledger, SHOP, liveAt);
    await finishGoingLive(ledger, SHOP, liveAt, []);
    await ledger.pool.query('delete from audit'); // a spec reads what is done in it
  }

  const seen = (over: Partial<SeenOrder> = {}): SeenOrder => {
    const orderId = over.orderId ?? 1;
    return {
      shopId: SHOP,
      orderId,
      number: String(orderId),
      orderKeyHash: 'key-1',
      status: 'processing',
      createdGmt: '2026-11-23T10:00:00',
      modifiedGmt: '2026-11-23T10:00:00',
      contentHash: 'content-1',
      addressHash: 'address-1',
      lines: [{ id: 1, sku: 'A', quantity: 1 }],
      hft71OrderId: null,
      reference: String(orderId),
      ...over,
    };
  };
  const world: LedgerWorld = {
    databaseUrl: database.url,
    ledger,
    accountId: account.id,
    seen,
    receive: (over, how = {}) =>
      receiveOrder(ledger, seen(over), { seenBy: 'webhook', sendableStatuses: ['processing'], sendDelayMs: 0, ...how }),
    intent: async (orderId = 1, kind = 'send_order') => {
      const found = await ledger.pool.query<Record<string, unknown>>(
        'select * from intent where order_id = $1 and kind = $2',
        [orderId, kind],
      );
      return found.rows[0] ?? {};
    },
    prepared: async (orderId = 1) => {
      await world.receive({ orderId });
      await takeDueSends(ledger, account.id, 60_000);
      const token = randomUUID();
      const intentId = String((await world.intent(orderId))['id']);
      if (!(await prepareAttempt(ledger, { intentId, token, worker: 'spec', payloadHash: 'p' })))
        throw new Error('not prepared');
      return token;
    },
    claim: async (token, orderId = 1, leaseMs = 45_000) =>
      claimAttempt(ledger, {
        intentId: String((await world.intent(orderId))['id']),
        accountId: account.id,
        token,
        payloadHash: 'p',
        addressHash: 'address-1',
        leaseMs,
        maxUnmirrored: 20,
      }),
    claimed: async (orderId = 1) => {
      const token = await world.prepared(orderId);
      const answer = await world.claim(token, orderId);
      if (answer !== 'claimed') throw new Error(`not claimed: ${answer}`);
      return token;
    },
    close: async () => {
      await ledger.close();
      await database.drop();
    },
  };
  return world;
}
