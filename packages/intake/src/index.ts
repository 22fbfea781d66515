export { connectShop, ShopChanged, verifyShop } from './connect-shop.js';
export type { IntakeContext, IntakeShop, WebhookSecrets } from './context.js';
export { OWN_TEST_HEADER, proofOfOwnTest, SHOP_TEST_TOPIC } from './own-test.js';
export { DeliveryGap } from './delivery-gap.js';
export { findLiveRefusals, goLive, type GoLiveOptions, type LiveRefusal } from './going-live.js';
export {
  receiveHft71Webhook,
  type Hft71Delivery,
  type Hft71DeliveryResult,
  type Hft71WebhookShop,
} from './hft71-webhook.js';
export { planPolls, type PolledAccount } from './plan-polls.js';
export { PollFailed, pollOrder, UNKNOWN_HFT71_STATUS } from './poll-order.js';
export type { PollingShop, StatusRules } from './read-at-hft71.js';
export { notTakenIn, takeOrder, takePage } from './see-order.js';
export {
  keepShopWebhooks,
  ownShopWebhooks,
  SHOP_WEBHOOK_TOPICS,
  shopWebhooksLock,
  webhookUrl,
} from './shop-webhooks.js';
export { levelSweep, seeOrdersIn, sweep } from './sweep.js';
export { receiveWebhook, type DeliveryResult, type WebhookDelivery } from './webhook.js';
