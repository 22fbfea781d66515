import {
  addOrderNote,
  checkWriteAccess,
  getOrder,
  getRefundLines,
  latestOrders,
  listOrders,
  putOrder,
  putOrderMeta,
  unknownStatuses,
} from './orders.js';
import { listProducts, listVariations, productsBySku, writeStock } from './products.js';
import type { ShopClient, ShopClientOptions } from './shop-client.js';
import { ShopHttp } from './shop-http.js';
import { readSiteIndex } from './site-index.js';
import { activateWebhook, createWebhook, deleteWebhook, listWebhooks } from './webhooks.js';

/** @throws TypeError when `baseUrl` is no URL. */
export function createShopClient(options: ShopClientOptions): ShopClient {
  const http = new ShopHttp(options);
  return {
    index: () => readSiteIndex(http),
    getOrder: (id) => getOrder(http, id),
    listOrders: (query = {}) => listOrders(http, query),
    latestOrders: (count) => latestOrders(http, count),
    getRefundLines: (orderId) => getRefundLines(http, orderId),
    putOrderMeta: (id, meta) => putOrderMeta(http, id, meta),
    putOrder: (id, change) => putOrder(http, id, change),
    unknownStatuses: (statuses) => unknownStatuses(http, statuses),
    addOrderNote: (id, text) => addOrderNote(http, id, text),
    productsBySku: (skus) => productsBySku(http, skus),
    listProducts: (page) => listProducts(http, page),
    listVariations: (parentId, page) => listVariations(http, parentId, page),
    writeStock: (parentId, items) => writeStock(http, parentId, items),
    listWebhooks: () => listWebhooks(http),
    createWebhook: (hook) => createWebhook(http, hook),
    activateWebhook: (id) => activateWebhook(http, id),
    deleteWebhook: (id) => deleteWebhook(http, id),
    checkWriteAccess: () => checkWriteAccess(http),
  };
}
