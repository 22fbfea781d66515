import type { AlertThresholds } from '@relay/core';
import type { RateSetting } from './rate.js';
import type { Environment, ShopEnvironment } from './schema.js';

/** Everything that the environment decides, checked. Frozen, and read once when a program starts. */
export interface Settings {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** The current key first, then the previous one while a rotation lasts. */
  readonly secretKeys: readonly [string, ...string[]];
  readonly mode: 'shadow' | 'live';
  readonly shopMarker: boolean;
  readonly orderNotes: boolean;
  readonly maxUnmirrored: number;
  readonly sendDelayMs: number;
  readonly publicUrl: string | null;
  readonly admin: { readonly user: string; readonly password: string } | null;
  readonly host: string;
  readonly port: number;
  /** Whose `X-Forwarded-For` is believed: nobody's, that of whoever connects, or that of these addresses and networks. */
  readonly trustProxy: boolean | readonly string[];
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  /** The shop that comes from the environment. */
  readonly shop: ShopSettings | null;
  readonly timing: TimingSettings;
  readonly alerts: AlertSettings;
  /** What is allowed but looks wrong, as sentences to log. */
  readonly warnings: readonly string[];
}

export interface ShopSettings {
  readonly woocommerce: {
    /** Without a slash at the end, as `hft71.baseUrl`. */
    readonly baseUrl: string;
    readonly consumerKey: string;
    readonly consumerSecret: string;
    readonly webhookSecret: string;
    readonly sendableStatuses: readonly string[];
    readonly rate: RateSetting;
  };
  readonly hft71: Hft71Settings;
}

export interface Hft71Settings {
  readonly baseUrl: string;
  readonly username: string;
  readonly password: string;
  /** The current secret first; empty refuses every webhook. */
  readonly webhookSecrets: readonly string[];
  readonly rate: RateSetting;
  readonly duplicateReference: 'unknown' | 'rejects' | 'replays';
  readonly lookupPath: string | null;
  readonly settleMs: number;
  readonly reference: 'id' | 'number';
  readonly referencePrefix: string;
  readonly maxInFlight: number;
  readonly notProcessedStatuses: readonly number[];
  readonly duplicatePattern: RegExp | null;
  /** `all`, `feed` or a regular expression; null until the merchant has chosen, and then nothing is sent live. */
  readonly lines: string | null;
  readonly cancelStatus: string | null;
  readonly orderTemplate: Readonly<Record<string, unknown>>;
  readonly stockFalls: 'accepted' | 'produced';
  readonly statusMapping: Readonly<Record<string, string>>;
  readonly terminalStatuses: readonly string[];
  readonly statusBackwards: boolean;
  readonly statusOfMixedOrders: boolean;
  readonly customerStatus: boolean;
  readonly lineStatus: boolean;
  readonly pollIntervalMs: number;
  readonly pollIntervalWithWebhooksMs: number;
  readonly pollMaxAgeMs: number;
  readonly webhookSilenceMs: number;
  readonly stockSync: boolean;
  readonly stockIntervalMs: number;
  readonly stockSafety: number;
  readonly stockMissing: 'leave' | 'zero';
  /** Parts, 0 … 1. */
  readonly stockMostZeroed: number;
  readonly stockMostChanged: number;
  /** Pieces. */
  readonly stockLargest: number;
  readonly catalogueIntervalMs: number;
  readonly shippingSync: boolean;
  readonly twoWaySync: boolean;
  readonly updateDelayMs: number;
}

/** Channels, rules and times of alerts. */
export interface AlertSettings {
  readonly webhookUrl: string | null;
  readonly heartbeatUrl: string | null;
  /** null where no e-mail is wanted. */
  readonly email: { readonly smtpUrl: string; readonly to: readonly string[]; readonly from: string } | null;
  readonly runbook: string;
  readonly thresholds: AlertThresholds;
  readonly everyMs: number;
  readonly ledgerAwayMs: number;
  readonly clearMs: number;
  readonly cooldownMs: number;
  readonly undeliveredMs: number;
  readonly heartbeatEveryMs: number;
}

/** The times of the hand-off protocol. */
export interface TimingSettings {
  readonly shopTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly answerTimeoutMs: number;
  readonly sendByMs: number;
  readonly leaseMs: number;
  readonly preparedTimeoutMs: number;
  readonly stopGraceMs: number;
  readonly dispatchLeaseMs: number;
  readonly dispatchIntervalMs: number;
  readonly sweepIntervalMs: number;
  readonly sweepOverlapMs: number;
  readonly levelSweepIntervalMs: number;
  readonly reconcileIntervalMs: number;
  readonly reconcileWindowMs: number;
  readonly feedIntervalMs: number;
  readonly markerBackoffMs: number;
  readonly deadlineMs: number;
  readonly breakerProbeMs: number;
  readonly breakerProbeMaxMs: number;
  readonly breakerReopenMs: number;
  readonly breakerReopenMaxMs: number;
  readonly windowStepMs: number;
  readonly lookUpGapMs: number;
  readonly longestFreezeMs: number;
  readonly raiseEveryMs: number;
  readonly keepLogMs: number;
  readonly campaignWatchMs: number;
}

/** @param env already cross-checked: a shop is there whole or not at all. */
export function settingsFrom(env: Environment, warnings: readonly string[]): Settings {
  const { RELAY_ADMIN_USER: user, RELAY_ADMIN_PASSWORD: password, RELAY_SECRET_KEY_PREVIOUS: previousKey } = env;
  return deepFreeze({
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    secretKeys: previousKey === undefined ? [env.RELAY_SECRET_KEY] : [env.RELAY_SECRET_KEY, previousKey],
    mode: env.RELAY_MODE,
    shopMarker: env.RELAY_SHOP_MARKER,
    orderNotes: env.RELAY_ORDER_NOTES,
    maxUnmirrored: env.RELAY_MAX_UNMIRRORED,
    sendDelayMs: env.RELAY_SEND_DELAY,
    publicUrl: env.RELAY_PUBLIC_URL ?? null,
    admin: user === undefined || password === undefined ? null : { user, password },
    host: env.RELAY_HOST,
    port: env.PORT,
    trustProxy: env.RELAY_TRUST_PROXY,
    logLevel: env.LOG_LEVEL,
    shop: shopFrom(env),
    timing: timingFrom(env),
    alerts: alertsFrom(env),
    warnings,
  });
}

/** @param env what makes a shop, cross-checked; null when no shop is given. */
export function shopFrom(env: ShopEnvironment): ShopSettings | null {
  const { WC_BASE_URL, WC_CONSUMER_KEY, WC_CONSUMER_SECRET, WC_WEBHOOK_SECRET } = env;
  if (!WC_BASE_URL || !WC_CONSUMER_KEY || !WC_CONSUMER_SECRET || !WC_WEBHOOK_SECRET) return null;
  const hft71 = hft71From(env);
  if (hft71 === null) return null;
  return {
    woocommerce: {
      baseUrl: WC_BASE_URL,
      consumerKey: WC_CONSUMER_KEY,
      consumerSecret: WC_CONSUMER_SECRET,
      webhookSecret: WC_WEBHOOK_SECRET,
      sendableStatuses: env.WC_SENDABLE_STATUSES,
      rate: env.WC_RATE_LIMIT,
    },
    hft71,
  };
}

function hft71From(env: ShopEnvironment): Hft71Settings | null {
  const { HFT71_BASE_URL, HFT71_USERNAME, HFT71_PASSWORD } = env;
  if (!HFT71_BASE_URL || !HFT71_USERNAME || !HFT71_PASSWORD) return null;
  const webhookSecrets = [env.HFT71_WEBHOOK_SECRET, env.HFT71_WEBHOOK_SECRET_PREVIOUS];
  return {
    baseUrl: HFT71_BASE_URL,
    username: HFT71_USERNAME,
    password: HFT71_PASSWORD,
    webhookSecrets: webhookSecrets.filter((secret) => secret !== undefined),
    rate: env.HFT71_RATE_LIMIT,
    duplicateReference: env.HFT71_DUPLICATE_REFERENCE,
    lookupPath: env.HFT71_LOOKUP_PATH ?? null,
    settleMs: env.HFT71_SETTLE,
    reference: env.HFT71_REFERENCE,
    referencePrefix: env.HFT71_REFERENCE_PREFIX ?? '',
    maxInFlight: env.HFT71_MAX_IN_FLIGHT,
    notProcessedStatuses: (env.HFT71_NOT_PROCESSED_STATUSES ?? []).map(Number),
    duplicatePattern: env.HFT71_DUPLICATE_PATTERN ?? null,
    lines: env.HFT71_LINES ?? null,
    cancelStatus: env.HFT71_CANCEL_STATUS ?? null,
    orderTemplate: env.HFT71_ORDER_TEMPLATE ?? {},
    stockFalls: env.HFT71_STOCK_FALLS,
    statusMapping: env.HFT71_STATUS_MAPPING,
    terminalStatuses: env.HFT71_TERMINAL_STATUSES,
    statusBackwards: env.HFT71_STATUS_BACKWARDS,
    statusOfMixedOrders: env.HFT71_STATUS_OF_MIXED_ORDERS,
    customerStatus: env.HFT71_CUSTOMER_STATUS_ENABLED,
    lineStatus: env.HFT71_LINE_STATUS_ENABLED,
    pollIntervalMs: env.HFT71_POLL_INTERVAL,
    pollIntervalWithWebhooksMs: env.HFT71_POLL_INTERVAL_WITH_WEBHOOKS,
    pollMaxAgeMs: env.HFT71_POLL_MAX_AGE,
    webhookSilenceMs: env.HFT71_WEBHOOK_SILENCE,
    stockSync: env.HFT71_STOCK_SYNC_ENABLED,
    stockIntervalMs: env.HFT71_STOCK_INTERVAL,
    stockSafety: env.HFT71_STOCK_SAFETY,
    stockMissing: env.HFT71_STOCK_MISSING,
    stockMostZeroed: env.HFT71_STOCK_MOST_ZEROED,
    stockMostChanged: env.HFT71_STOCK_MOST_CHANGED,
    stockLargest: env.HFT71_STOCK_LARGEST,
    catalogueIntervalMs: env.HFT71_CATALOGUE_INTERVAL,
    shippingSync: env.HFT71_SHIPPING_SYNC_ENABLED,
    twoWaySync: env.HFT71_TWO_WAY_SYNC_ENABLED,
    updateDelayMs: env.HFT71_UPDATE_DELAY,
  };
}

function alertsFrom(env: Environment): AlertSettings {
  const [firstTo] = env.ALERT_EMAIL_TO ?? [];
  return {
    webhookUrl: env.ALERT_WEBHOOK_URL ?? null,
    heartbeatUrl: env.ALERT_HEARTBEAT_URL ?? null,
    email:
      env.SMTP_URL === undefined || env.ALERT_EMAIL_TO === undefined || firstTo === undefined
        ? null
        : { smtpUrl: env.SMTP_URL, to: env.ALERT_EMAIL_TO, from: env.ALERT_EMAIL_FROM ?? firstTo },
    runbook: env.RELAY_ALERT_RUNBOOK,
    thresholds: {
      windowMs: env.RELAY_ALERT_WINDOW,
      failedSends: env.RELAY_ALERT_FAILED_SENDS,
      unauthorized: env.RELAY_ALERT_UNAUTHORIZED,
      missedWebhooks: env.RELAY_ALERT_MISSED_WEBHOOKS,
      webhookSilenceMs: env.RELAY_ALERT_WEBHOOK_SILENCE,
      heldMany: env.RELAY_ALERT_HELD_MANY,
      breakerOpenMs: env.RELAY_ALERT_BREAKER_OPEN,
      starvedMs: env.RELAY_ALERT_STARVED,
      noWorkerMs: env.RELAY_ALERT_NO_WORKER,
      noProgressMs: env.RELAY_ALERT_NO_PROGRESS,
      redisAwayMs: env.RELAY_ALERT_REDIS_AWAY,
      queueAgeMs: env.RELAY_ALERT_QUEUE_AGE,
    },
    everyMs: env.RELAY_ALERT_EVERY,
    ledgerAwayMs: env.RELAY_ALERT_LEDGER_AWAY,
    clearMs: env.RELAY_ALERT_CLEAR,
    cooldownMs: env.RELAY_ALERT_COOLDOWN,
    undeliveredMs: env.RELAY_ALERT_UNDELIVERED,
    heartbeatEveryMs: env.RELAY_ALERT_HEARTBEAT_EVERY,
  };
}

function timingFrom(env: Environment): TimingSettings {
  return {
    shopTimeoutMs: env.RELAY_SHOP_TIMEOUT,
    connectTimeoutMs: env.HFT71_CONNECT_TIMEOUT,
    answerTimeoutMs: env.HFT71_ANSWER_TIMEOUT,
    sendByMs: env.RELAY_SEND_BY,
    leaseMs: env.RELAY_LEASE,
    preparedTimeoutMs: env.RELAY_PREPARED_TIMEOUT,
    stopGraceMs: env.RELAY_STOP_GRACE,
    dispatchLeaseMs: env.RELAY_DISPATCH_LEASE,
    dispatchIntervalMs: env.RELAY_DISPATCH_INTERVAL,
    sweepIntervalMs: env.RELAY_SWEEP_INTERVAL,
    sweepOverlapMs: env.RELAY_SWEEP_OVERLAP,
    levelSweepIntervalMs: env.RELAY_LEVEL_SWEEP_INTERVAL,
    reconcileIntervalMs: env.RELAY_RECONCILE_INTERVAL,
    reconcileWindowMs: env.RELAY_RECONCILE_WINDOW,
    feedIntervalMs: env.RELAY_FEED_INTERVAL,
    markerBackoffMs: env.RELAY_MARKER_BACKOFF,
    deadlineMs: env.RELAY_DEADLINE,
    breakerProbeMs: env.RELAY_BREAKER_PROBE,
    breakerProbeMaxMs: env.RELAY_BREAKER_PROBE_MAX,
    breakerReopenMs: env.RELAY_BREAKER_REOPEN,
    breakerReopenMaxMs: env.RELAY_BREAKER_REOPEN_MAX,
    windowStepMs: env.RELAY_WINDOW_STEP,
    lookUpGapMs: env.RELAY_LOOKUP_GAP,
    longestFreezeMs: env.RELAY_MAX_FREEZE,
    raiseEveryMs: env.RELAY_RAISE_EVERY,
    keepLogMs: env.RELAY_KEEP_LOG,
    campaignWatchMs: env.RELAY_CAMPAIGN_WATCH,
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof RegExp || Object.isFrozen(value)) return value;
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
