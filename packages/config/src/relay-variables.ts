import { duration, minutesOrDuration } from './duration.js';
import { commaList, integer, onOff, oneOf, secret, text } from './text-types.js';
import { trustedProxies } from './trusted-proxies.js';
import { baseUrl, urlOf } from './url-types.js';
import { optional, required, withDefault } from './variable.js';

const SECRET_KEY_LENGTH = 32;
const DAY_MS = 24 * 3_600_000;

export const relayVariables = {
  DATABASE_URL: required(urlOf('postgresql:', 'postgres:'), {
    description: 'PostgreSQL, the record of every order.',
    example: 'postgresql://relay:password@127.0.0.1:5432/relay',
  }),
  REDIS_URL: required(urlOf('redis:', 'rediss:'), {
    description: 'Redis or Valkey, for queues and budgets; its content may be lost without harm.',
    example: 'redis://127.0.0.1:6379',
  }),
  RELAY_SECRET_KEY: required(secret({ leastLength: SECRET_KEY_LENGTH }), {
    description: 'Encrypts stored secrets; at least 32 characters, e.g. from: openssl rand -base64 32',
    example: '<32 random characters or more>',
  }),
  RELAY_SECRET_KEY_PREVIOUS: optional(secret({ leastLength: SECRET_KEY_LENGTH }), {
    description: 'The key before, while a rotation lasts.',
    example: '<the key before>',
  }),
  RELAY_MODE: withDefault(oneOf(['shadow', 'live']), 'shadow', {
    description: 'How a shop starts when it is first connected: shadow records and sends nothing, live sends.',
  }),
  RELAY_SHOP_MARKER: withDefault(onOff(), 'on', {
    description:
      'Write each attempt to the order in the shop before it is sent: a second record against double orders.',
  }),
  RELAY_ORDER_NOTES: withDefault(onOff(), 'on', {
    description:
      "A private note on the shop's order when HFT71 has accepted it, and when it is held and why; one more call to the shop for each.",
  }),
  RELAY_MAX_UNMIRRORED: withDefault(integer({ least: 1, most: 10_000 }), '20', {
    description: 'Stop sending while this many sent orders could not be written back to their shop.',
  }),
  RELAY_SEND_DELAY: withDefault(minutesOrDuration(), '0', {
    description: 'How long an order waits in which its customer may still change or cancel; a plain number is minutes.',
    example: '15',
  }),
  RELAY_PUBLIC_URL: optional(baseUrl({ httpAllowed: 'everywhere' }), {
    description: 'Where the shop and HFT71 reach this relay, for their webhooks.',
    example: 'https://relay.example.com',
  }),
  RELAY_ADMIN_USER: optional(text(), {
    description: 'Log-in of the Board and the admin API.',
    example: 'operations',
  }),
  RELAY_ADMIN_PASSWORD: optional(secret({ leastLength: 10 }), {
    description: 'Its password, at least 10 characters; without user and password Board and admin API stay closed.',
    example: '<10 characters or more>',
  }),
  RELAY_HOST: withDefault(text(), '127.0.0.1', { description: 'Address to listen on; 0.0.0.0 for every interface.' }),
  PORT: withDefault(integer({ least: 0, most: 65_535 }), '8071', {
    description: 'Port to listen on; 0 for any free one.',
  }),
  RELAY_TRUST_PROXY: withDefault(trustedProxies(), 'off', {
    description:
      'Whose X-Forwarded-For is believed, so that log-ins are limited by client: on for the one proxy that alone reaches the port, or addresses and networks of proxies.',
    example: '127.0.0.1,10.1.0.0/16',
  }),
  LOG_LEVEL: withDefault(oneOf(['error', 'warn', 'info', 'debug']), 'info', {
    description: 'The least severe lines to log: error, warn, info or debug.',
  }),
};

export const alertVariables = {
  ALERT_WEBHOOK_URL: optional(urlOf('https:', 'http:'), {
    description: 'Where alerts are posted, in the shape that Slack reads.',
    example: 'https://hooks.example.com/services/relay',
  }),
  ALERT_HEARTBEAT_URL: optional(urlOf('https:', 'http:'), {
    description: 'Called each minute while work moves or none waits, for a service that alerts when the calls stop.',
    example: 'https://heartbeat.example.com/relay',
  }),
  SMTP_URL: optional(urlOf('smtp:', 'smtps:'), {
    description: 'Mail server for alerts by e-mail.',
    example: 'smtps://user:password@mail.example.com:465',
  }),
  ALERT_EMAIL_TO: optional(commaList(isMailAddress, 'e-mail addresses'), {
    description: 'Who gets them, separated by commas; needed with SMTP_URL.',
    example: 'operations@example.com,on-call@example.com',
  }),
  ALERT_EMAIL_FROM: optional(text(), {
    description: 'Sender of these e-mails; the first address of ALERT_EMAIL_TO when left out.',
    example: 'relay@example.com',
  }),
  RELAY_ALERT_RUNBOOK: withDefault(text(), 'docs/runbook.md', {
    description: 'Where your runbook lies: each alert links to its section of it.',
    example: 'https://wiki.example.com/relay/runbook',
  }),
  RELAY_ALERT_EVERY: withDefault(duration({ leastMs: 100, mostMs: 3 * 60_000 }), '15s', {
    description: 'How often the rules are judged.',
  }),
  RELAY_ALERT_WINDOW: withDefault(duration({ leastMs: 1000 }), '5m', {
    description: 'What the rules about failing calls look back over.',
  }),
  RELAY_ALERT_FAILED_SENDS: withDefault(integer({ least: 1, most: 10_000 }), '3', {
    description: 'So many failed hand-offs in that time are an alert, if half of all failed, or all since the last.',
  }),
  RELAY_ALERT_UNAUTHORIZED: withDefault(integer({ least: 1, most: 10_000 }), '3', {
    description: 'So many answers 401 or 403 in that time are an alert, if they are a fifth of all.',
  }),
  RELAY_ALERT_WEBHOOK_SILENCE: withDefault(duration({ leastMs: 1000 }), '6h', {
    description: 'A webhook that told nothing for so long is an alert, if something happened that it should have told.',
  }),
  RELAY_ALERT_MISSED_WEBHOOKS: withDefault(integer({ least: 1, most: 10_000 }), '3', {
    description: 'So many things that it should have told.',
  }),
  RELAY_ALERT_HELD_MANY: withDefault(integer({ least: 1, most: 1_000_000 }), '20', {
    description: 'One order that waits for a person is SEV-3; so many are SEV-2.',
  }),
  RELAY_ALERT_BREAKER_OPEN: withDefault(duration({ leastMs: 0, mostMs: 4 * 60_000 }), '2m', {
    description: 'A breaker that is not closed for so long is an alert.',
  }),
  RELAY_ALERT_STARVED: withDefault(duration({ leastMs: 1000 }), '10m', {
    description: "An order that waits so long for HFT71's limit is an alert.",
  }),
  RELAY_ALERT_NO_WORKER: withDefault(duration({ leastMs: 0, mostMs: 4 * 60_000 }), '2m', {
    description: 'No worker for so long is an alert.',
  }),
  RELAY_ALERT_NO_PROGRESS: withDefault(duration({ leastMs: 1000 }), '3m', {
    description: 'Workers that get nothing done for so long, though something is due, are an alert.',
  }),
  RELAY_ALERT_REDIS_AWAY: withDefault(duration({ leastMs: 0, mostMs: 4 * 60_000 }), '1m', {
    description: 'Redis away for so long is an alert.',
  }),
  RELAY_ALERT_LEDGER_AWAY: withDefault(duration({ leastMs: 0 }), '1m', {
    description: 'PostgreSQL away for so long is told by each process at once, since nothing can be stored.',
  }),
  RELAY_ALERT_QUEUE_AGE: withDefault(duration({ leastMs: 1000 }), '15m', {
    description: 'An order that could go and waits for so long is an alert; SEV-1 after four times as long.',
  }),
  RELAY_ALERT_CLEAR: withDefault(duration({ leastMs: 0 }), '2m', {
    description: 'An alert is over when its condition has been gone for so long.',
  }),
  RELAY_ALERT_COOLDOWN: withDefault(duration({ leastMs: 0 }), '15m', {
    description:
      'An incident is over when none of its alerts came back for so long; one that comes back soon after re-opens it.',
  }),
  RELAY_ALERT_UNDELIVERED: withDefault(duration({ leastMs: 0 }), '5m', {
    description: 'An alert that could not be delivered for so long is shown by /readyz.',
  }),
  RELAY_ALERT_HEARTBEAT_EVERY: withDefault(duration({ leastMs: 100 }), '1m', {
    description: 'How often ALERT_HEARTBEAT_URL is called.',
  }),
};

function isMailAddress(part: string): boolean {
  return /^[^\s@<>,]+@[^\s@<>,]+$/.test(part);
}

export const timingVariables = {
  RELAY_SHOP_TIMEOUT: withDefault(duration({ leastMs: 100 }), '10s', {
    description: "Time for the shop's whole answer.",
  }),
  HFT71_CONNECT_TIMEOUT: withDefault(duration({ leastMs: 50 }), '3s', { description: 'Time to connect to HFT71.' }),
  HFT71_ANSWER_TIMEOUT: withDefault(duration({ leastMs: 100 }), '20s', {
    description: "Time for HFT71's whole answer; an order that gets none is in doubt.",
  }),
  RELAY_SEND_BY: withDefault(duration({ leastMs: 50 }), '2s', {
    description: 'An order that is not on its way so long after its claim is not sent, and handed back.',
  }),
  RELAY_LEASE: withDefault(duration({ leastMs: 1000 }), '45s', {
    description: 'After this time the order of a worker that fell silent while sending is in doubt.',
  }),
  RELAY_PREPARED_TIMEOUT: withDefault(duration({ leastMs: 1000 }), '45s', {
    description: 'After this time an attempt that was prepared and never claimed is abandoned.',
  }),
  RELAY_STOP_GRACE: withDefault(duration({ leastMs: 0 }), '25s', {
    description: 'Time for calls in flight to end when a worker is stopped.',
  }),
  RELAY_DISPATCH_LEASE: withDefault(duration({ leastMs: 1000 }), '60s', {
    description: 'After this time work that was dispatched and not done is dispatched again.',
  }),
  RELAY_DISPATCH_INTERVAL: withDefault(duration({ leastMs: 10 }), '250ms', {
    description: 'How often each worker looks for work that is due.',
  }),
  RELAY_SWEEP_INTERVAL: withDefault(duration({ leastMs: 1000 }), '60s', {
    description: 'How often the shop is asked for orders that its webhooks missed.',
  }),
  RELAY_SWEEP_OVERLAP: withDefault(duration({ leastMs: 0 }), '5m', {
    description: 'How far each of these reads goes back behind the last one.',
  }),
  RELAY_LEVEL_SWEEP_INTERVAL: withDefault(duration({ leastMs: 10_000 }), '1h', {
    description: 'How often all orders in sendable statuses are compared with the ledger.',
  }),
  RELAY_RECONCILE_INTERVAL: withDefault(duration({ leastMs: 60_000 }), '24h', {
    description: 'How often shop, ledger and HFT71 are compared: with 24h each night, at 00:00 UTC.',
  }),
  RELAY_RECONCILE_WINDOW: withDefault(duration({ leastMs: 60_000 }), '7d', {
    description: 'Orders that the shop changed within this time are compared.',
  }),
  RELAY_FEED_INTERVAL: withDefault(duration({ leastMs: 10_000 }), '1h', {
    description: "How often HFT71's list of SKUs is read, where HFT71_LINES=feed needs it.",
  }),
  RELAY_MARKER_BACKOFF: withDefault(duration({ leastMs: 1000 }), '60s', {
    description: 'How long an order waits whose attempt could not be written to the shop.',
  }),
  RELAY_BREAKER_PROBE: withDefault(duration({ leastMs: 100 }), '5s', {
    description: 'How long after a breaker has opened HFT71 or the shop is probed for the first time.',
  }),
  RELAY_BREAKER_PROBE_MAX: withDefault(duration({ leastMs: 100 }), '30s', {
    description: 'To this distance the probes grow.',
  }),
  RELAY_BREAKER_REOPEN: withDefault(duration({ leastMs: 100 }), '1m', {
    description: 'How long a breaker stays open that one order has opened again; doubled with each time in a row.',
  }),
  RELAY_BREAKER_REOPEN_MAX: withDefault(duration({ leastMs: 100 }), '30m', {
    description: 'To this time it grows.',
  }),
  RELAY_WINDOW_STEP: withDefault(duration({ leastMs: 100 }), '5s', {
    description: 'After each such time without a failure twice as many orders go at once, up to HFT71_MAX_IN_FLIGHT.',
  }),
  RELAY_LOOKUP_GAP: withDefault(duration({ leastMs: 1000 }), '60s', {
    description: 'Distance of the two look-ups that prove an order absent, and of those that go on looking.',
  }),
  RELAY_RAISE_EVERY: withDefault(duration({ leastMs: 100 }), '1m', {
    description: 'Once in such a time a rate that a 429 has lowered is raised by a tenth, up to HFT71_RATE_LIMIT.',
  }),
  RELAY_MAX_FREEZE: withDefault(duration({ leastMs: 1000 }), '1h', {
    description: 'The longest wait that a 429 is believed.',
  }),
  RELAY_KEEP_LOG: withDefault(duration({ leastMs: DAY_MS, mostMs: 3_650 * DAY_MS }), '90d', {
    description:
      'How long calls, deliveries, attempts, look-ups and the timeline of orders are kept that are done with; at least a day.',
  }),
  RELAY_DEADLINE: withDefault(duration({ leastMs: 60_000 }), '24h', {
    description: 'An order that could have gone for so long without success is held for a person.',
  }),
  RELAY_CAMPAIGN_WATCH: withDefault(duration({ leastMs: 0 }), '30m', {
    description: 'How long a campaign watches for renewed failures once all its orders are through: 30m to 60m.',
  }),
};
