export type { FeedContext, FeedShop, StockContext, StockSettings, StockShop } from './context.js';
export { ourSkus } from './our-skus.js';
export { planStock } from './plan-stock.js';
export { FeedRefused, readStockFeed, type ReadFeed } from './read-feed.js';
export { runStock, type StockRunEnd } from './run-stock.js';
export { verifyStock, type VerifiedSku } from './verify-stock.js';
