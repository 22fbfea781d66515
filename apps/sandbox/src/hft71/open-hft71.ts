import { jsonAnswer, type Answer, type Call } from '../call.js';
import { CREDENTIALS } from '../credentials.js';
import { asText, isObject, parseJson, type Json, type JsonObject } from '../json.js';
import type { DuplicateReference } from '../options.js';
import type { AcceptedEntry } from '../record.js';
import type { SeededRandom } from '../seeded-random.js';
import type { Timers } from '../timers.js';
import { acceptOrder, faultOfAddress } from './accept-order.js';
import { lookUp, orderBody } from './lookup.js';
import { statusList, type ProducedOrder } from './production.js';
import type { Provider } from './provider.js';
import { RateWindow, type RateLimit } from './rate-window.js';
import { retryAfterHeaders } from './retry-after.js';
import { StatusCalls } from './status-calls.js';
import { Tokens } from './tokens.js';

export interface Hft71Setup {
  rateLimit: RateLimit | null;
  duplicateReference: DuplicateReference;
  tokenLifeS: number;
  statusStepMs: number;
  skus: readonly string[];
  random: SeededRandom;
  timers: Timers;
  record: (entry: AcceptedEntry) => void;
}

export interface OpenHft71 {
  provider: Provider;
  statusCalls: StatusCalls;
  /** Counts the request in the window; true when it is over the limit. */
  arrive(call: Call): boolean;
  handle(call: Call): Answer;
}

export function openHft71(setup: Hft71Setup): OpenHft71 {
  const provider: Provider = {
    username: CREDENTIALS.hft71Username,
    password: CREDENTIALS.hft71Password,
    tokens: new Tokens(setup.tokenLifeS),
    window: new RateWindow(setup.rateLimit),
    retryAfterForm: 'seconds',
    duplicateReference: setup.duplicateReference,
    lookup: { enabled: false, lagMs: 0, lie: null, shape: 'list' },
    webhook: null,
    statusStepMs: setup.statusStepMs,
    stockFalls: 'accepted',
    feed: { figures: new Map(), more: [], endsInPage: null },
    stock: new Map(setup.skus.map((sku, index) => [sku, 20 + ((index * 37) % 400)])),
    orders: new Map(),
    byReference: new Map(),
    nextOrderId: 500_001,
    record: setup.record,
  };
  const statusCalls = new StatusCalls(provider, setup.timers, setup.random);
  /** By call, since a fault may hold it back for a while: the window judged it when it arrived. */
  const waits = new WeakMap<Call, number>();
  return {
    provider,
    statusCalls,
    arrive: (call) => {
      const waitMs = provider.window.arrive(call.atMs);
      if (waitMs !== undefined) waits.set(call, waitMs);
      return waitMs !== undefined;
    },
    handle: (call) => {
      const waitMs = waits.get(call);
      if (waitMs !== undefined) {
        const headers = retryAfterHeaders(provider.retryAfterForm, waitMs, Date.now());
        return jsonAnswer(429, { message: 'Too Many Requests' }, headers);
      }
      return answer(provider, statusCalls, call);
    },
  };
}

function answer(provider: Provider, statusCalls: StatusCalls, call: Call): Answer {
  const nowMs = Date.now();
  if (call.path === '/authentication/login') return logIn(provider, call, nowMs);
  const token = /^Bearer (.+)$/i.exec(call.headers.authorization ?? '')?.[1];
  if (token === undefined || !provider.tokens.isValid(token, call.atMs))
    return jsonAnswer(401, { message: 'Unauthorized' });
  const query = new URLSearchParams(call.rawQuery);
  if (call.path === '/order' && call.method === 'POST') {
    const before = provider.nextOrderId;
    const result = acceptOrder(provider, parseJson(call.body));
    const order = provider.orders.get(before);
    if (order) statusCalls.watch(order);
    return result;
  }
  if (call.path === '/order' && call.method === 'GET') return lookUp(provider, query.get('referenceId') ?? '', nowMs);
  if (call.path === '/stock/available' && call.method === 'GET') return stockPage(provider, query);
  const [, id, rest = ''] = /^\/order\/([^/]+)(\/status|\/customer-status)?$/.exec(call.path) ?? [];
  const order = id === undefined ? undefined : provider.orders.get(Number(id));
  if (!order) return jsonAnswer(404, { message: 'Not found' });
  if (call.method === 'GET' && rest !== '')
    return jsonAnswer(200, statusList(order, nowMs, rest === '/status' ? 'status' : 'customer'));
  if (call.method === 'GET') return jsonAnswer(200, orderBody(order, nowMs));
  if (call.method === 'PUT' && rest === '') return updateOrder(order, parseJson(call.body), nowMs);
  return jsonAnswer(405, { message: 'Method not allowed' });
}

function logIn(provider: Provider, call: Call, nowMs: number): Answer {
  if (call.method !== 'POST') return jsonAnswer(405, { message: 'Method not allowed' });
  const body = parseJson(call.body);
  if (!isObject(body)) return jsonAnswer(400, { message: 'Malformed JSON' });
  if (body.username !== provider.username || body.password !== provider.password)
    return jsonAnswer(401, { message: 'Invalid username or password' });
  const token = provider.tokens.issue(nowMs);
  return jsonAnswer(200, { access_token: token, expires_in: provider.tokens.lifeS, token_type: 'Bearer' });
}

function updateOrder(order: ProducedOrder, body: ReturnType<typeof parseJson>, nowMs: number): Answer {
  if (!isObject(body)) return jsonAnswer(400, { message: 'Malformed JSON' });
  const status = asText(body.orderStatus);
  if (status === undefined && body.address === undefined)
    return jsonAnswer(422, { message: 'orderStatus or address is required' });
  const fault = body.address === undefined ? undefined : faultOfAddress(body.address);
  if (fault !== undefined) return jsonAnswer(422, { message: fault });
  if (isObject(body.address)) order.address = body.address;
  if (status !== undefined) order.forcedStatus = status;
  const update: JsonObject = { at: nowMs, ...body };
  order.updates.push(update);
  return jsonAnswer(200, { orderId: order.orderId });
}

/** A bare array: no total, no next link. */
function stockPage(provider: Provider, query: URLSearchParams): Answer {
  const page = Number(query.get('page') ?? '1');
  const count = Number(query.get('count') ?? '200');
  if (!Number.isInteger(page) || !Number.isInteger(count) || page < 1 || count < 1)
    return jsonAnswer(422, { message: 'page and count must be positive whole numbers' });
  const { figures, more, endsInPage } = provider.feed;
  const first = (page - 1) * count;
  const entries: Json[] = [...provider.stock]
    .slice(first, first + count)
    .map(([sku, stock]) => ({ sku, stock: figures.has(sku) ? (figures.get(sku) ?? null) : stock }));
  const after = Math.max(0, first - provider.stock.size);
  entries.push(...more.slice(after, after + count - entries.length));
  if (endsInPage === null || page < endsInPage) return jsonAnswer(200, entries);
  return jsonAnswer(200, page > endsInPage || endsInPage === 0 ? [] : entries.slice(0, Math.floor(count / 2)));
}
