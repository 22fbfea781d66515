export { assertMaySend, UnsafeToSend } from './assert-may-send.js';
export { NotMigrated } from './assert-migrated.js';
export * from './held-orders.js';
export { readReadiness, type Readiness } from './readiness.js';
export {
  AccountChanged,
  ENVIRONMENT_SHOP_ID,
  intakeContext,
  openRelay,
  quietly,
  type ConnectedShop,
  type Relay,
} from './relay.js';
export { closeStoppedBreaker } from './breaker.js';
export { DatabaseRefused, openPatiently } from './open-patiently.js';
export { isMisconfiguration } from './start-failure.js';
export { checkShop, type Check, type LinesPreview, type ShopCheck } from './shop-check.js';
export { switchLive, switchShadow, type WentLive } from './shop-mode.js';
export { readStatus, type RelayStatus } from './status.js';
export { createUser, ensureAdmin, logIn, ROLES, type Role } from './users.js';
