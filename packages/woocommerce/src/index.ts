export { createShopClient } from './client.js';
export { gmtOf, plusSeconds } from './gmt-seconds.js';
export { parseShopOrder } from './order-schema.js';
export { MOST_PRODUCTS, parseShopProduct } from './products.js';
export type {
  BatchedItem,
  NewShopWebhook,
  OrderPage,
  OrderQuery,
  ProductPage,
  ShopCallPurpose,
  ShopClient,
  ShopClientOptions,
  ShopIndex,
  ShopProduct,
  ShopWebhook,
  StockWrite,
} from './shop-client.js';
export {
  walkByStatus,
  walkModifiedSince,
  type ModifiedWalkPage,
  type StatusWalkPage,
  type WalkOptions,
} from './walk.js';
export type { OrderLister } from './walk-key.js';
export { verifyWebhookSignature } from './webhook-signature.js';
