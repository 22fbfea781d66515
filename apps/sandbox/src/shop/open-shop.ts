import type { Answer, Call } from '../call.js';
import { htmlAnswer } from '../call.js';
import { CREDENTIALS } from '../credentials.js';
import { asObject, isObject, parseJson, type JsonObject } from '../json.js';
import type { OrderEntry } from '../record.js';
import type { SeededRandom } from '../seeded-random.js';
import type { Timers } from '../timers.js';
import { fillCatalogue } from './catalogue.js';
import { Deliveries } from './deliveries.js';
import { metaText } from './meta.js';
import { OAuthCheck, type ApiKey } from './oauth.js';
import { orderRoutes } from './order-routes.js';
import type { ShopOrder } from './order-types.js';
import { parsePhpQuery, textOf } from './php-query.js';
import { productRoutes } from './product-routes.js';
import { wpAnswer } from './respond.js';
import type { Route } from './route.js';
import { emptyDb, type Shop, type ShopDb } from './shop.js';
import { ShopError, noRoute } from './shop-error.js';
import { signIn } from './sign-in.js';
import { webhookRoutes } from './webhook-routes.js';
import { indexBody } from './wp-index.js';

export interface ShopSetup {
  offsetMinutes: number;
  webhookDelayMs: number;
  random: SeededRandom;
  timers: Timers;
  isStocked: (sku: string) => boolean;
  record: (entry: OrderEntry) => void;
}

export interface OpenShop {
  shop: Shop;
  deliveries: Deliveries;
  handle(call: Call, ownUrl: string): Promise<Answer>;
  snapshot(): void;
  /** False when there is no snapshot. */
  restore(): boolean;
}

const KEYS: ApiKey[] = [
  { key: CREDENTIALS.consumerKey, secret: CREDENTIALS.consumerSecret, writes: true },
  { key: CREDENTIALS.readOnlyKey, secret: CREDENTIALS.readOnlySecret, writes: false },
];

/** Puts the shop together: catalogue, routes, sign-in, deliveries. */
export function openShop(setup: ShopSetup): OpenShop {
  const oauth = new OAuthCheck(KEYS);
  const shop: Shop = {
    db: emptyDb(),
    settings: {
      homeUrl: '',
      offsetMinutes: setup.offsetMinutes,
      pluginActive: false,
      plainPermalinks: false,
      forceHttps: false,
      clockOffsetMs: 0,
    },
    random: setup.random,
    changed: (topic, id) => deliveries.enqueue(topic, id),
    recordOrder: (order) => setup.record(orderEntry(order, setup.isStocked)),
  };
  const deliveries = new Deliveries(() => shop, setup.timers, setup.random, setup.webhookDelayMs);
  const routes = [...orderRoutes, ...productRoutes, ...webhookRoutes((webhook) => deliveries.ping(webhook))];
  fillCatalogue(shop);
  shop.db.nextPostId = Math.max(shop.db.nextPostId, 1000);
  let saved: ShopDb | undefined;
  return {
    shop,
    deliveries,
    handle: (call, ownUrl) => byItsClock(shop, call, (at) => answer(shop, routes, oauth, at, ownUrl)),
    snapshot: () => (saved = structuredClone(shop.db)),
    restore: () => {
      if (!saved) return false;
      restoreDb(shop, saved);
      return true;
    },
  };
}

/** The shop's own clock judges what it is asked, and stamps what it answers. */
async function byItsClock(shop: Shop, call: Call, handle: (call: Call) => Promise<Answer>): Promise<Answer> {
  const { clockOffsetMs, forceHttps, homeUrl } = shop.settings;
  if (forceHttps && !call.secure) {
    const query = call.rawQuery === '' ? '' : `?${call.rawQuery}`;
    const location = `${homeUrl.replace(/^http:/, 'https:')}${call.path}${query}`;
    return { ...htmlAnswer(301, 'Moved Permanently'), headers: { location } };
  }
  const answered = await handle({ ...call, atMs: call.atMs + clockOffsetMs });
  if (clockOffsetMs === 0) return answered;
  const date = new Date(Date.now() + clockOffsetMs).toUTCString();
  return { ...answered, headers: { ...answered.headers, date } };
}

/** Ids that came after the snapshot are used again, with other order keys. */
function restoreDb(shop: Shop, saved: ShopDb): void {
  const before = shop.db.orders;
  shop.db = structuredClone(saved);
  for (const order of before.values())
    if (shop.db.orders.get(order.id)?.marker !== order.marker) shop.recordOrder({ ...order, status: 'restored-away' });
  for (const order of shop.db.orders.values()) shop.recordOrder(order);
}

function orderEntry(order: ShopOrder, isStocked: (sku: string) => boolean): OrderEntry {
  return {
    at: Date.now(),
    id: order.id,
    marker: order.marker,
    status: order.status,
    hft71: order.lines.some(({ sku }) => isStocked(sku)),
    hft71OrderId: metaText(order.meta, '_hft71_order_id'),
    relayMarker: metaText(order.meta, '_hft71_relay_send'),
  };
}

async function answer(shop: Shop, routes: Route[], oauth: OAuthCheck, call: Call, ownUrl: string): Promise<Answer> {
  const query = parsePhpQuery(call.rawQuery);
  const restRoute = textOf(query, 'rest_route');
  const pretty = /^\/wp-json(\/.*)?$/.exec(call.path);
  if (restRoute === undefined && (!pretty || shop.settings.plainPermalinks))
    return call.path === '/' ? htmlAnswer(200, 'Sandbox shop') : htmlAnswer(404, 'Page not found');
  const path = (restRoute ?? pretty?.[1] ?? '/').replace(/\/+$/, '') || '/';
  try {
    if (path === '/') return wpAnswer(200, indexBody(shop.settings));
    const route = routes.find(({ pattern }) => path.startsWith('/wc/v3/') && pattern.test(path.slice('/wc/v3'.length)));
    const act = route?.methods[call.method === 'HEAD' ? 'GET' : call.method];
    // Keys are looked at below `/wp-json/` only: without pretty permalinks everybody is a visitor.
    const key = restRoute === undefined ? signIn(call, KEYS, oauth, [shop.settings.homeUrl, ownUrl]) : undefined;
    if (!route || !act) throw noRoute();
    if (!key) throw forbidden(call.method, path);
    const ids = [...(route.pattern.exec(path.slice('/wc/v3'.length)) ?? [])].slice(1);
    return await act({ shop, method: call.method, ids, query, body: readBody(call) });
  } catch (error) {
    if (!(error instanceof ShopError)) throw error;
    return wpAnswer(error.status, error.body());
  }
}

function readBody(call: Call): JsonObject {
  if (call.body === '' || call.method === 'GET') return {};
  if (/x-www-form-urlencoded/.test(call.headers['content-type'] ?? ''))
    return Object.fromEntries([...parsePhpQuery(call.body)].map(([k, v]) => [k, typeof v === 'string' ? v : null]));
  const body = parseJson(call.body);
  if (body === undefined) throw new ShopError(400, 'rest_invalid_json', 'Invalid JSON body passed.');
  return isObject(body) ? asObject(body) : {};
}

function forbidden(method: string, path: string): ShopError {
  const isItem = /\/\d+$/.test(path);
  const say = (code: string, message: string) => new ShopError(401, `woocommerce_rest_cannot_${code}`, message);
  if (path.endsWith('/batch')) return say('batch', 'Sorry, you are not allowed to batch manipulate this resource.');
  if (method === 'DELETE') return say('delete', 'Sorry, you are not allowed to delete this resource.');
  if (method === 'GET' || method === 'HEAD')
    return say('view', isItem ? 'Sorry, you cannot view this resource.' : 'Sorry, you cannot list resources.');
  if (isItem) return say('edit', 'Sorry, you are not allowed to edit this resource.');
  return say('create', 'Sorry, you are not allowed to create resources.');
}
