export { createHft71Client } from './client.js';
export type {
  CallPurpose,
  Hft71Client,
  Hft71ClientOptions,
  Hft71Order,
  Hft71Reads,
  Hft71Shipping,
  LogInGuard,
  OrderPost,
  ReadPurpose,
  SkuStatus,
  StockFault,
  StockPage,
  StockRow,
} from './hft71-client.js';
export { createMemoryTokenStore } from './memory-token-store.js';
export type { OrderConnection } from './order-connection.js';
export { createRedisTokenStore } from './redis-token-store.js';
export type { StoredToken, TokenStore } from './token-store.js';
