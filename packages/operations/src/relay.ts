import { hostname } from 'node:os';
import { createBudget, type Budget, type CallClass } from '@relay/budget';
import { CallFailure, SecretBox, type OnApiCall } from '@relay/core';
import type { Settings, ShopSettings } from '@relay/config';
import { createHft71Client, createRedisTokenStore, type Hft71Client } from '@relay/hft71';
import type { ShopRuntime } from '@relay/handoff';
import type { IntakeContext, IntakeShop } from '@relay/intake';
import {
  ApiCallLog,
  connectLedger,
  ensureAccount,
  ensureInstallation,
  ensureShop,
  type Installation,
  type Ledger,
} from '@relay/ledger';
import { createMetrics, type Logger, type Metrics } from '@relay/observability';
import { connectRedis } from '@relay/queues';
import { createShopClient, type ShopClient } from '@relay/woocommerce';
import type { Redis } from 'ioredis';
import { assertMigrated } from './assert-migrated.js';
import { relayMetricSources } from './metric-sources.js';

/** The id of the shop that comes from the environment. */
export const ENVIRONMENT_SHOP_ID = 'main';

/** Everything that an app needs, put together once from the settings. */
export interface Relay {
  readonly settings: Settings;
  readonly ledger: Ledger;
  readonly redis: Redis;
  readonly installation: Installation;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly shops: ReadonlyMap<string, ConnectedShop>;
  /** Named in the evidence and in the logs: host and pid. */
  readonly processName: string;
  close(): Promise<void>;
}

/** One shop with its clients: what the hand-off needs and what the ways in need, in one. */
export type ConnectedShop = ShopRuntime & IntakeShop & { readonly settings: ShopSettings };

/**
 * @throws NotMigrated, WrongSecretKey, or PostgreSQL's own error when it cannot be reached. Shops, HFT71 and Redis are
 * not asked: they may be away when the relay starts.
 */
export async function openRelay(settings: Settings, log: Logger): Promise<Relay> {
  const ledger = connectLedger({
    databaseUrl: settings.databaseUrl,
    applicationName: 'hft71-relay',
    onIdleError: (error) => log.warn('a connection to PostgreSQL broke', { error }),
  });
  const redis = connectRedis(settings.redisUrl, quietly(log, 'Redis'));
  try {
    await assertMigrated(ledger);
    const installation = await ensureInstallation(ledger, new SecretBox(settings.secretKeys, 'installation'));
    const metrics = createMetrics(relayMetricSources(ledger));
    const shops = new Map<string, ConnectedShop>();
    const callLogs: ApiCallLog[] = [];
    if (settings.shop !== null) {
      const { shop, callLog } = await connectShopSettings({
        settings,
        shop: settings.shop,
        ledger,
        redis,
        log,
      });
      shops.set(shop.id, shop);
      callLogs.push(callLog);
    }
    return {
      settings,
      ledger,
      redis,
      installation,
      log,
      metrics,
      shops,
      processName: `${hostname()}/${process.pid}`,
      close: async () => {
        await Promise.all(callLogs.map((callLog) => callLog.flush()));
        redis.disconnect();
        await ledger.close();
      },
    };
  } catch (error) {
    redis.disconnect();
    await ledger.close();
    throw error;
  }
}

export function intakeContext(relay: Relay, onReceived?: () => void): IntakeContext {
  return {
    ledger: relay.ledger,
    installation: relay.installation,
    log: relay.log,
    ...(onReceived === undefined ? {} : { onReceived }),
  };
}

/** ioredis repeats the same fault several times a second while Redis is away: one line for each outage. */
export function quietly(log: Logger, what: string): (error: Error) => void {
  let lastAt = 0;
  return (error) => {
    if (Date.now() - lastAt > 30_000) log.error(`${what} does not answer`, { error });
    lastAt = Date.now();
  };
}

async function connectShopSettings(parts: {
  settings: Settings;
  shop: ShopSettings;
  ledger: Ledger;
  redis: Redis;
  log: Logger;
}): Promise<{ shop: ConnectedShop; callLog: ApiCallLog }> {
  const { settings, shop, ledger, redis, log } = parts;
  const account = await ensureAccount(ledger, {
    baseUrl: shop.hft71.baseUrl,
    username: shop.hft71.username,
    maxInFlight: shop.hft71.maxInFlight,
  });
  const view = await ensureShop(ledger, {
    id: ENVIRONMENT_SHOP_ID,
    accountId: account.id,
    baseUrl: shop.woocommerce.baseUrl,
  });
  if (view.accountId !== account.id) throw new AccountChanged(`${shop.hft71.baseUrl} as ${shop.hft71.username}`);

  const callLog = new ApiCallLog(ledger, view.id, (error) => log.warn('the call log could not be written', { error }));
  const onCall: OnApiCall = (call) => callLog.add(call);
  const budget = createBudget({ redis, key: account.id, rate: shop.hft71.rate });
  return {
    callLog,
    shop: shopRuntime(view.id, account.id, settings, shop, {
      budget,
      ...clients(settings, shop, { redis, budget, accountId: account.id, onCall }),
    }),
  };
}

function clients(
  settings: Settings,
  shop: ShopSettings,
  shared: { redis: Redis; budget: Budget; accountId: string; onCall: OnApiCall },
): { woocommerce: ShopClient; hft71: Hft71Client } {
  const { timing } = settings;
  const hostBudget = createBudget({
    redis: shared.redis,
    key: `host:${new URL(shop.woocommerce.baseUrl).host}`,
    rate: shop.woocommerce.rate,
  });
  return {
    woocommerce: createShopClient({
      baseUrl: shop.woocommerce.baseUrl,
      consumerKey: shop.woocommerce.consumerKey,
      consumerSecret: shop.woocommerce.consumerSecret,
      answerTimeoutMs: timing.shopTimeoutMs,
      connectTimeoutMs: timing.connectTimeoutMs,
      beforeCall: slotFor(hostBudget, 'shop', () => 'send'),
      onCall: shared.onCall,
    }),
    hft71: createHft71Client({
      baseUrl: shop.hft71.baseUrl,
      username: shop.hft71.username,
      password: shop.hft71.password,
      tokenStore: createRedisTokenStore(
        shared.redis,
        shared.accountId,
        new SecretBox(settings.secretKeys, 'hft71-token'),
      ),
      connectTimeoutMs: timing.connectTimeoutMs,
      answerTimeoutMs: timing.answerTimeoutMs,
      beforeCall: slotFor(shared.budget, 'hft71', (action: 'login' | 'read') =>
        action === 'login' ? 'send' : 'update',
      ),
      onCall: shared.onCall,
    }),
  };
}

/** Waits for a slot for a short while; a budget that is used up for longer reads as a throttled host. */
function slotFor<A extends unknown[]>(budget: Budget, target: 'shop' | 'hft71', classOf: (...args: A) => CallClass) {
  return async (...args: A): Promise<void> => {
    const taken = await budget.takeOrWait(classOf(...args), LONGEST_SLOT_WAIT_MS).catch(() => {
      throw new CallFailure({
        target,
        action: 'budget',
        failure: 'retry-later',
        code: 'redis-away',
        hint: 'Redis does not answer: without the budget nothing is called',
      });
    });
    if (!taken.granted)
      throw new CallFailure({
        target,
        action: 'budget',
        failure: 'throttled',
        code: 'budget',
        retryAfterMs: taken.waitMs,
      });
  };
}

const LONGEST_SLOT_WAIT_MS = 5_000;

function shopRuntime(
  id: string,
  accountId: string,
  settings: Settings,
  shop: ShopSettings,
  made: { budget: Budget; woocommerce: ShopClient; hft71: Hft71Client },
): ConnectedShop {
  return {
    id,
    accountId,
    settings: shop,
    ...made,
    sendableStatuses: shop.woocommerce.sendableStatuses,
    sendDelayMs: settings.sendDelayMs,
    lines: shop.hft71.lines,
    template: shop.hft71.orderTemplate,
    notProcessedStatuses: shop.hft71.notProcessedStatuses,
    duplicatePattern: shop.hft71.duplicatePattern,
    marker: settings.shopMarker,
    maxUnmirrored: settings.maxUnmirrored,
    settleMs: shop.hft71.settleMs,
    webhookSecret: shop.woocommerce.webhookSecret,
    reference: { source: shop.hft71.reference, prefix: shop.hft71.referencePrefix },
    sweepOverlapMs: settings.timing.sweepOverlapMs,
    publicUrl: settings.publicUrl,
  };
}

/** The guarantee is per account: its orders may not move to another one by a change of settings. */
export class AccountChanged extends Error {
  override readonly name = 'AccountChanged';
  constructor(now: string) {
    super(
      `HFT71_BASE_URL or HFT71_USERNAME changed (now ${now}), and this ledger's orders are at the account before. ` +
        'Set them back, or start with a new DATABASE_URL.',
    );
  }
}
