import { randomBytes } from 'node:crypto';
import type { Sandbox } from './sandbox.js';

export type Environment = Readonly<Record<string, string>>;

/** What may follow each other this fast on a busy machine of two cores; the settings' own cross-checks hold. */
export const SHORT_TIMES: Environment = {
  RELAY_SHOP_TIMEOUT: '3s',
  HFT71_CONNECT_TIMEOUT: '1s',
  HFT71_ANSWER_TIMEOUT: '2s',
  RELAY_SEND_BY: '1s',
  RELAY_LEASE: '5s',
  RELAY_PREPARED_TIMEOUT: '5s',
  RELAY_DISPATCH_LEASE: '5s',
  RELAY_STOP_GRACE: '10s',
  RELAY_SWEEP_INTERVAL: '1s',
  RELAY_LEVEL_SWEEP_INTERVAL: '10s',
  RELAY_MARKER_BACKOFF: '1s',
  HFT71_SETTLE: '1s',
  RELAY_BREAKER_PROBE: '500ms',
  RELAY_BREAKER_PROBE_MAX: '1s',
  RELAY_BREAKER_REOPEN: '500ms',
  RELAY_BREAKER_REOPEN_MAX: '1s',
  RELAY_WINDOW_STEP: '1s',
  RELAY_LOOKUP_GAP: '1s',
  // What the code raises where it happens is there at once; the rules judge minutes, and would come and go in these tests.
  RELAY_ALERT_EVERY: '2m',
};

/** The whole environment of a relay whose shop and HFT71 are this sandbox: live, and without a limit of calls. */
export function sandboxSettings(
  { at }: Sandbox,
  servers: { readonly databaseUrl: string; readonly redisUrl: string },
): Environment {
  return {
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redisUrl,
    RELAY_SECRET_KEY: randomBytes(32).toString('hex'),
    RELAY_MODE: 'live',
    WC_BASE_URL: at.shop,
    WC_CONSUMER_KEY: at.consumerKey,
    WC_CONSUMER_SECRET: at.consumerSecret,
    WC_WEBHOOK_SECRET: randomBytes(24).toString('hex'),
    WC_RATE_LIMIT: '100000/min',
    HFT71_BASE_URL: at.hft71,
    HFT71_USERNAME: at.hft71Username,
    HFT71_PASSWORD: at.hft71Password,
    HFT71_LINES: 'feed',
    HFT71_RATE_LIMIT: '2000/1s', // no limit in effect, and a window that Redis has lost is over in a second
  };
}
