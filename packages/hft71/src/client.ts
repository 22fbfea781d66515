import { ApiHttp } from './api-http.js';
import { addressBody, orderPath } from './assumptions.js';
import type { Hft71Client, Hft71ClientOptions, Hft71Reads } from './hft71-client.js';
import { LogIn } from './log-in.js';
import { createMemoryLogInGuard } from './log-in-guard.js';
import { openOrderConnection } from './order-connection.js';
import { postOrder } from './post-order.js';
import { lookUpByReference, Reader, readOrder, skuStatus } from './reads.js';
import { stockFeed, stockPage } from './stock.js';

const SECOND_MS = 1000;

/** @throws TypeError when `baseUrl` is no URL. */
export function createHft71Client(options: Hft71ClientOptions): Hft71Client {
  const { connectTimeoutMs = 3 * SECOND_MS, answerTimeoutMs = 20 * SECOND_MS, userAgent = 'HFT71-Relay' } = options;
  const baseUrl = new URL(options.baseUrl);
  const http = new ApiHttp({ ...options, connectTimeoutMs, answerTimeoutMs, userAgent });
  const { username, password, logInGuard = createMemoryLogInGuard() } = options;
  const credentials = async () => ({ username, password: typeof password === 'string' ? password : await password() });
  const logIn = new LogIn(http, options.tokenStore, credentials, logInGuard, connectTimeoutMs + answerTimeoutMs);
  const postSettings = {
    baseUrl,
    answerTimeoutMs,
    userAgent,
    ...(options.onCall === undefined ? {} : { onCall: options.onCall }),
  };
  const putOrder = async (action: string, orderId: string, body: unknown, shopOrderId?: number) => {
    const token = await logIn.token();
    const path = orderPath(orderId);
    await http.call({ action, method: 'PUT', path, pathKind: 'one-thing', body, token, budget: null, shopOrderId });
    void logIn.accepted(token);
  };
  return {
    logInToken: ({ minLifeShare } = {}) => logIn.token(minLifeShare),
    refusedToken: (token) => logIn.refused(token),
    tokenWasAccepted: (token) => logIn.wasAccepted(token),
    openConnection: () => openOrderConnection(baseUrl, connectTimeoutMs),
    async postOrder(post) {
      const seen = await postOrder(post, postSettings);
      if (seen.status !== null && seen.status >= 200 && seen.status < 300) void logIn.accepted(post.token);
      return seen;
    },
    ...reads(new Reader(http, logIn, 'read')),
    reading: (purpose) => reads(new Reader(http, logIn, purpose)),
    putOrderStatus: (orderId, orderStatus, shopOrderId) =>
      putOrder('update_order', orderId, { orderStatus }, shopOrderId),
    putOrderAddress: (orderId, address, shopOrderId) =>
      putOrder('update_order_address', orderId, addressBody(address), shopOrderId),
  };
}

function reads(reader: Reader): Hft71Reads {
  return {
    orderStatus: (orderId, shopOrderId) => skuStatus(reader, orderId, '/status', shopOrderId),
    customerStatus: (orderId, shopOrderId) => skuStatus(reader, orderId, '/customer-status', shopOrderId),
    order: (orderId, shopOrderId) => readOrder(reader, orderId, shopOrderId),
    lookUpByReference: (pathTemplate, reference, { fullPage } = {}) =>
      lookUpByReference(reader, pathTemplate, reference, fullPage),
    stockPage: (page, count) => stockPage(reader, page, count),
    stockFeed: (options) => stockFeed(reader, options),
  };
}
