import { duration } from './duration.js';
import { rate } from './rate.js';
import {
  commaList,
  integer,
  jsonObject,
  percentage,
  onOff,
  oneOf,
  regularExpression,
  secret,
  statusMapping,
  text,
  wordOrPattern,
} from './text-types.js';
import { baseUrl } from './url-types.js';
import { optional, withDefault } from './variable.js';

const NOT_THE_API_PATH = {
  path: /\/wp-json(\/|$)/,
  why: "must be the shop's home: leave out /wp-json and what follows",
};
const DAY_MS = 86_400_000;
/** The statuses that are documented; the shop's stays as it is until the merchant says otherwise. */
const DEFAULT_STATUS_MAPPING = '{"In Production":"leave","Item Finished":"leave","Closed":"leave"}';
const isWords = (part: string) => part.length > 0 && part.length <= 100;
const isStatus = (part: string) => /^[a-z][a-z0-9-]*$/.test(part);
const isServerError = (part: string) => /^5\d\d$/.test(part);

export const woocommerceVariables = {
  WC_BASE_URL: optional(baseUrl({ httpAllowed: 'everywhere', not: NOT_THE_API_PATH }), {
    description: "The shop's home URL.",
    example: 'https://shop.example.com',
  }),
  WC_CONSUMER_KEY: optional(secret(), {
    description: 'Key of the REST API with read and write permission (WooCommerce → Settings → Advanced → REST API).',
    example: 'ck_<40 characters>',
  }),
  WC_CONSUMER_SECRET: optional(secret(), { description: 'Its secret.', example: 'cs_<40 characters>' }),
  WC_WEBHOOK_SECRET: optional(secret({ leastLength: 10 }), {
    description: "Signs the shop's webhooks; the relay gives it to those that it creates.",
    example: '<32 random characters, without &>',
  }),
  WC_SENDABLE_STATUSES: withDefault(commaList(isStatus, 'order statuses without "wc-"'), 'processing', {
    description:
      'Order statuses in which an order is sent, separated by commas. Orders that stand in one that is added later are held.',
  }),
  WC_RATE_LIMIT: withDefault(rate(), '600/min', { description: "Calls that the shop's host may get." }),
};

export const hft71Variables = {
  HFT71_BASE_URL: optional(baseUrl({ httpAllowed: 'not-in-public' }), {
    description: "Base URL of HFT71's API.",
    example: 'https://api.hft71.example',
  }),
  HFT71_USERNAME: optional(text(), { description: "User of HFT71's API.", example: 'api-user@example.com' }),
  HFT71_PASSWORD: optional(secret(), { description: 'Its password.', example: '<password>' }),
  HFT71_WEBHOOK_SECRET: optional(secret({ leastLength: 10 }), {
    description: "Secret of HFT71's webhook; without it the webhook is refused and statuses come by polling alone.",
    example: '<32 random characters>',
  }),
  HFT71_WEBHOOK_SECRET_PREVIOUS: optional(secret({ leastLength: 10 }), {
    description: 'The secret before, while a rotation lasts.',
    example: '<the secret before>',
  }),
  HFT71_RATE_LIMIT: withDefault(rate(), '60/min', {
    description: 'Calls that the account grants, shared by all workers.',
  }),
  HFT71_DUPLICATE_REFERENCE: withDefault(oneOf(['unknown', 'rejects', 'replays']), 'unknown', {
    description: 'What HFT71 promises for a repeated reference: unknown, rejects it, or replays the first order.',
  }),
  HFT71_LOOKUP_PATH: optional(
    text().refine((path) => path.startsWith('/') && path.includes('{referenceId}'), {
      message: 'must be a path that begins with / and contains {referenceId}',
    }),
    {
      description: 'Path that finds an order by its reference, where the account has one.',
      example: '/order?referenceId={referenceId}',
    },
  ),
  HFT71_SETTLE: withDefault(duration({ leastMs: 1000 }), '10m', {
    description: 'Within this time after its end HFT71 shows a call that it accepted; no doubt is settled sooner.',
  }),
  HFT71_REFERENCE: withDefault(oneOf(['id', 'number']), 'id', {
    description: "What HFT71 knows an order by: WooCommerce's id or its number.",
  }),
  HFT71_REFERENCE_PREFIX: optional(
    text().refine((prefix) => /^[\w.-]{1,16}$/.test(prefix), {
      message: 'may hold up to 16 letters, digits and . _ -',
    }),
    {
      description:
        'Goes before each reference; needed for a second shop on one account, and where an earlier sender counted otherwise (by ids, and now by numbers).',
      example: 'B-',
    },
  ),
  HFT71_MAX_IN_FLIGHT: withDefault(integer({ least: 1, most: 100 }), '6', {
    description: 'Most orders on their way to HFT71 at once, over all workers.',
  }),
  HFT71_NOT_PROCESSED_STATUSES: optional(commaList(isServerError, 'statuses from 500 to 599'), {
    description: 'Server errors that HFT71 promises to mean "not processed"; every other one leaves an order in doubt.',
    example: '503',
  }),
  HFT71_DUPLICATE_PATTERN: optional(regularExpression('i'), {
    description: 'Regular expression that tells a refusal for a repeated reference by its body.',
    example: 'already exists',
  }),
  HFT71_LINES: optional(wordOrPattern(['all', 'feed']), {
    description: 'Which order lines are made by HFT71: all, feed (SKU is in its stock feed) or a regular expression.',
    example: 'feed',
  }),
  HFT71_CANCEL_STATUS: optional(text(), {
    description: 'Status that cancels an accepted order; without it a cancellation is held for a person.',
    example: 'Cancelled',
  }),
  HFT71_ORDER_TEMPLATE: optional(jsonObject(), {
    description: 'Fields beyond the minimal order as JSON: constants, and paths into the order.',
    example: '{"shippingMethod":"standard"}',
  }),
  HFT71_STOCK_FALLS: withDefault(oneOf(['accepted', 'produced']), 'accepted', {
    description: "When HFT71's stock figure falls: as an order is accepted or as it is produced.",
  }),
  HFT71_STATUS_MAPPING: withDefault(statusMapping(), DEFAULT_STATUS_MAPPING, {
    description:
      'HFT71\'s statuses, from the least to the most advanced, to the shop\'s or to "leave", as JSON. One that is not in it changes nothing and is told once.',
    example: '{"In Production":"processing","Item Finished":"leave","Closed":"completed"}',
  }),
  HFT71_TERMINAL_STATUSES: withDefault(commaList(isWords, "HFT71's statuses"), 'Closed', {
    description: 'Statuses after which nothing changes at HFT71 any more, separated by commas.',
  }),
  HFT71_STATUS_BACKWARDS: withDefault(onOff(), 'off', {
    description: "Let the shop's status go back when HFT71's does.",
  }),
  HFT71_STATUS_OF_MIXED_ORDERS: withDefault(onOff(), 'off', {
    description: "Let HFT71's status set the shop's also for orders with lines that are not HFT71's.",
  }),
  HFT71_CUSTOMER_STATUS_ENABLED: withDefault(onOff(), 'off', {
    description: "Read HFT71's customer status too; one more call with each poll.",
  }),
  HFT71_LINE_STATUS_ENABLED: withDefault(onOff(), 'on', {
    description:
      "Write each line's status into the shop's order. The shop then adds up the order anew, by today's tax rates: switch it off where totals are imported or mended by hand.",
  }),
  HFT71_POLL_INTERVAL: withDefault(duration({ leastMs: 1000 }), '2h', {
    description: 'How often the status of an order in production is read while no webhook tells of changes.',
  }),
  HFT71_POLL_INTERVAL_WITH_WEBHOOKS: withDefault(duration({ leastMs: 1000 }), '20h', {
    description:
      "The same while HFT71's webhook is heard of: a delivery that was lost is found within this and a tenth.",
  }),
  HFT71_POLL_MAX_AGE: withDefault(duration({ leastMs: 60_000, mostMs: 365 * DAY_MS }), '60d', {
    description: 'An order that is older is read no more.',
  }),
  HFT71_WEBHOOK_SILENCE: withDefault(duration({ leastMs: 1000 }), '6h', {
    description: "HFT71's webhook is taken for dead when it was silent for so long.",
  }),
  HFT71_STOCK_SYNC_ENABLED: withDefault(onOff(), 'off', { description: "Write HFT71's stock to the shop." }),
  HFT71_STOCK_SAFETY: withDefault(integer({ least: 0, most: 1_000_000 }), '0', {
    description: 'Pieces of each SKU that are never offered; `relay stock safety` sets another number for one SKU.',
  }),
  HFT71_STOCK_MISSING: withDefault(oneOf(['leave', 'zero']), 'leave', {
    description: 'What becomes of products that the feed named once and no longer does: left as they are, or set to 0.',
  }),
  HFT71_STOCK_MOST_ZEROED: withDefault(percentage(), '20%', {
    description:
      'Part of the SKUs that one run may set to 0, and that a feed may lack of the one before; five always may.',
  }),
  HFT71_STOCK_MOST_CHANGED: withDefault(percentage(), '100%', {
    description: 'Part of the SKUs that one run may change; five always may.',
  }),
  HFT71_STOCK_LARGEST: withDefault(integer({ least: 1, most: 2_000_000_000 }), '1000000', {
    description: 'A stock figure of the feed above it is not believed, and its SKU is left alone.',
  }),
  HFT71_CATALOGUE_INTERVAL: withDefault(duration({ leastMs: 1000 }), '24h', {
    description: 'How often the shop’s whole catalogue is read; in between its product webhooks keep it fresh.',
  }),
  HFT71_STOCK_INTERVAL: withDefault(duration({ leastMs: 1000 }), '1h', { description: 'How often stock is compared.' }),
  HFT71_SHIPPING_SYNC_ENABLED: withDefault(onOff(), 'off', { description: 'Write carrier and tracking to the shop.' }),
  HFT71_TWO_WAY_SYNC_ENABLED: withDefault(onOff(), 'off', {
    description: 'Send changes of address and cancellations of accepted orders to HFT71.',
  }),
  HFT71_UPDATE_DELAY: withDefault(duration({ leastMs: 0 }), '5s', {
    description: 'Edits of an accepted order that follow each other within this become one update.',
  }),
};

/** What makes a shop: all of them or none. */
export const SHOP_CONNECTION = [
  'WC_BASE_URL',
  'WC_CONSUMER_KEY',
  'WC_CONSUMER_SECRET',
  'WC_WEBHOOK_SECRET',
  'HFT71_BASE_URL',
  'HFT71_USERNAME',
  'HFT71_PASSWORD',
] as const;
