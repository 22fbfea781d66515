export { adoptShownId, adoptShownIds } from './adoption.js';
export { advanceCampaigns, readBackCampaigns } from './campaigns.js';
export {
  HandOffFailed,
  type HandOffContext,
  type HandOffStep,
  type HandOffTimes,
  type ShopRuntime,
  type UpdateRules,
} from './context.js';
export { createHousekeeping, type HousekeepingOptions } from './housekeeping.js';
export { lineRule } from './line-rule.js';
export { LookUpControlCache } from './look-up-controls.js';
export { probeBreakers } from './probe-breakers.js';
export { settleDoubts } from './settle-doubts.js';
export { startDispatcher, type Dispatcher, type DispatcherOptions } from './dispatcher.js';
export { noteHeld } from './order-notes.js';
export { sendOrder } from './send-order.js';
export { UNKNOWN_SHOP_STATUS, tellUnknownShopStatus } from './show-progress.js';
export { updateOrder } from './update-order.js';
export { writeBack } from './write-back.js';
