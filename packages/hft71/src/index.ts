export { createHft71Client } from './client.js';
export type {
  FoundOrder,
  Hft71Client,
  Hft71ClientOptions,
  Hft71Order,
  Hft71Shipping,
  LookUpAnswer,
  OrderPost,
  SkuStatus,
  StockFault,
  StockPage,
  StockRow,
} from './hft71-client.js';
export { createMemoryTokenStore } from './memory-token-store.js';
export type { OrderConnection } from './order-connection.js';
export { createRedisTokenStore } from './redis-token-store.js';
export type { StoredToken, TokenStore } from './token-store.js';
