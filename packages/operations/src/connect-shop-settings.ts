import { createBudget, type Budget } from '@relay/budget';
import { readStatusMapping, SecretBox, type OnApiCall } from '@relay/core';
import type { Settings, ShopSettings } from '@relay/config';
import { createHft71Client, createRedisTokenStore, type Hft71Client } from '@relay/hft71';
import {
  ApiCallLog,
  ensureAccount,
  ensureHost,
  ensureShop,
  findAccount,
  loadShop,
  type AccountView,
  type Installation,
  type Ledger,
  type ShopView,
} from '@relay/ledger';
import type { Logger } from '@relay/observability';
import { createShopClient, type ShopClient } from '@relay/woocommerce';
import type { Redis } from 'ioredis';
import { accountPassword, ledgerLogInGuard } from './account-password.js';
import { classOfHft71Call, classOfShopCall, freezer, slotFor } from './call-budgets.js';
import { watchHost } from './host-watch.js';
import { AccountChanged, type ConnectedShop } from './relay.js';
import type { RotatedSecrets } from './rotated-secrets.js';

interface Parts {
  readonly settings: Settings;
  readonly shopId: string;
  readonly shop: ShopSettings;
  readonly ledger: Ledger;
  readonly redis: Redis;
  readonly installation: Installation;
  readonly rotated: RotatedSecrets;
  readonly log: Logger;
  readonly changesNothing: boolean;
}

/** One shop: its rows in the ledger, its budgets, its clients. @throws AccountChanged */
export async function connectShopSettings(parts: Parts): Promise<{ shop: ConnectedShop; callLog: ApiCallLog }> {
  const { settings, shop, ledger, redis, log } = parts;
  const { timing } = settings;
  const breakerTimes = {
    probeMs: timing.breakerProbeMs,
    probeMaxMs: timing.breakerProbeMaxMs,
    reopenMs: timing.breakerReopenMs,
    reopenMaxMs: timing.breakerReopenMaxMs,
  };
  const host = new URL(shop.woocommerce.baseUrl).host;
  const known = parts.changesNothing ? await loadShop(ledger, parts.shopId) : null;
  const account =
    (known === null ? null : await loadAccountOf(ledger, known, shop)) ??
    (await ensureAccount(ledger, {
      baseUrl: shop.hft71.baseUrl,
      username: shop.hft71.username,
      maxInFlight: shop.hft71.maxInFlight,
      times: { ...breakerTimes, windowStepMs: timing.windowStepMs },
    }));
  const view =
    known ?? (await ensureShop(ledger, { id: parts.shopId, accountId: account.id, baseUrl: shop.woocommerce.baseUrl }));
  if (view.accountId !== account.id) throw new AccountChanged(`${shop.hft71.baseUrl} as ${shop.hft71.username}`);
  if (known === null) await ensureHost(ledger, view.id, host, breakerTimes);

  const callLog = new ApiCallLog(ledger, view.id, (error) => log.warn('the call log could not be written', { error }));
  const onCall: OnApiCall = (call) => callLog.add(call);
  const budget = createBudget({
    redis,
    key: account.id,
    rate: shop.hft71.rate,
    longestFreezeMs: timing.longestFreezeMs,
    raiseEveryMs: timing.raiseEveryMs,
    announces: !parts.changesNothing,
  });
  const hostBudget = createBudget({
    redis,
    key: `host:${host}`,
    rate: shop.woocommerce.rate,
    afterLoss: 'pace', // a courtesy: nothing of a shop's counts our calls
    announces: !parts.changesNothing,
  });
  const throttled = freezer({ ledger, accountId: account.id, budget, log });
  return {
    callLog,
    shop: {
      ...shopRules(settings, shop),
      webhookSecrets: parts.rotated.of(view.id, 'shop', [shop.woocommerce.webhookSecret]),
      hft71WebhookSecrets: parts.rotated.of(view.id, 'hft71', shop.hft71.webhookSecrets),
      id: view.id,
      accountId: account.id,
      host,
      settings: shop,
      budget,
      hostBudget,
      throttled,
      logSkippedShipping: (orderId, hft71OrderId, why) =>
        onCall({
          ...{ target: 'hft71', action: 'sync_shipping_skipped', method: 'GET', path: `/order/${hft71OrderId}` },
          ...{ status: null, code: why, durationMs: 0, orderId, requestId: null },
        }),
      woocommerce: shopClient(parts, { host, hostBudget, onCall }),
      hft71: hft71Client(parts, { accountId: account.id, budget, throttled, onCall }),
    },
  };
}

/** @throws AccountChanged, before a row is made for an account that only these settings name. */
async function loadAccountOf(ledger: Ledger, { accountId }: ShopView, { hft71 }: ShopSettings): Promise<AccountView> {
  const account = await findAccount(ledger, hft71);
  if (account?.id !== accountId) throw new AccountChanged(`${hft71.baseUrl} as ${hft71.username}`);
  return account;
}

function shopClient(
  { settings, shop, ledger, log }: Parts,
  { host, hostBudget, onCall }: { host: string; hostBudget: Budget; onCall: OnApiCall },
): ShopClient {
  return createShopClient({
    baseUrl: shop.woocommerce.baseUrl,
    consumerKey: shop.woocommerce.consumerKey,
    consumerSecret: shop.woocommerce.consumerSecret,
    answerTimeoutMs: settings.timing.shopTimeoutMs,
    connectTimeoutMs: settings.timing.connectTimeoutMs,
    beforeCall: slotFor(hostBudget, 'shop', classOfShopCall),
    onCall,
    onEnd: watchHost({ ledger, host, log, budget: hostBudget }),
  });
}

function hft71Client(
  { settings, shop, ledger, redis, installation, log }: Parts,
  account: Pick<ConnectedShop, 'accountId' | 'budget' | 'throttled'> & { onCall: OnApiCall },
): Hft71Client {
  const { timing, secretKeys } = settings;
  const { username, password, baseUrl } = shop.hft71;
  const of = { ledger, accountId: account.accountId, installation, secretKeys };
  return createHft71Client({
    baseUrl,
    username,
    password: () => accountPassword(of, password),
    logInGuard: ledgerLogInGuard(of, log),
    tokenStore: createRedisTokenStore(redis, account.accountId, new SecretBox(secretKeys, 'hft71-token')),
    connectTimeoutMs: timing.connectTimeoutMs,
    answerTimeoutMs: timing.answerTimeoutMs,
    beforeCall: slotFor(account.budget, 'hft71', classOfHft71Call),
    onThrottled: (retryAfterMs) => void account.throttled(retryAfterMs),
    onCall: account.onCall,
  });
}

/** What the settings say of the shop, without its clients. */
function shopRules(settings: Settings, shop: ShopSettings) {
  const { hft71, woocommerce } = shop;
  return {
    sendableStatuses: woocommerce.sendableStatuses,
    sendDelayMs: settings.sendDelayMs,
    lines: hft71.lines,
    template: hft71.orderTemplate,
    notProcessedStatuses: hft71.notProcessedStatuses,
    duplicatePattern: hft71.duplicatePattern,
    doubtRules: { policy: hft71.duplicateReference, hasLookUp: hft71.lookupPath !== null },
    lookUpPath: hft71.lookupPath,
    marker: settings.shopMarker,
    orderNotes: settings.orderNotes,
    maxUnmirrored: settings.maxUnmirrored,
    settleMs: hft71.settleMs,
    reference: { source: hft71.reference, prefix: hft71.referencePrefix },
    sweepOverlapMs: settings.timing.sweepOverlapMs,
    publicUrl: settings.publicUrl,
    ...statusRules(hft71),
    stock: stockSettings(hft71),
  };
}

/** What the settings say of stock. */
function stockSettings(hft71: ShopSettings['hft71']): ConnectedShop['stock'] {
  return {
    enabled: hft71.stockSync,
    everyMs: hft71.stockIntervalMs,
    rules: { falls: hft71.stockFalls, safety: hft71.stockSafety, missing: hft71.stockMissing },
    mostZeroed: hft71.stockMostZeroed,
    mostChanged: hft71.stockMostChanged,
    largest: hft71.stockLargest,
    catalogueEveryMs: hft71.catalogueIntervalMs,
  };
}

/** What the settings say of statuses and updates. */
function statusRules(hft71: ShopSettings['hft71']) {
  return {
    statuses: {
      mapping: readStatusMapping(hft71.statusMapping),
      terminal: [...hft71.terminalStatuses, ...(hft71.cancelStatus === null ? [] : [hft71.cancelStatus])],
      mixedOrders: hft71.statusOfMixedOrders,
      backwards: hft71.statusBackwards,
      customerStatus: hft71.customerStatus,
      shipping: hft71.shippingSync,
      lines: hft71.lineStatus,
      webhookSilenceMs: hft71.webhookSilenceMs,
    },
    pollRules: {
      intervalMs: hft71.pollIntervalMs,
      withWebhooksMs: hft71.pollIntervalWithWebhooksMs,
      maxAgeMs: hft71.pollMaxAgeMs,
    },
    updates: hft71.twoWaySync ? { cancelStatus: hft71.cancelStatus, delayMs: hft71.updateDelayMs } : null,
  };
}
