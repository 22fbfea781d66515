export { assertMaySend, UnsafeToSend } from './assert-may-send.js';
export { NotMigrated } from './assert-migrated.js';
export * from './held-orders.js';
export { readReadiness, type Readiness } from './readiness.js';
export {
  AccountChanged,
  ENVIRONMENT_SHOP_ID,
  intakeContext,
  quietly,
  type ConnectedShop,
  type Relay,
} from './relay.js';
export { setAccountPassword } from './account-password.js';
export { closeBreakerByPerson, openBreakerByPerson, readBreakers, type BreakerAct, type Breakers } from './breaker.js';
export { readBudget, type BudgetState } from './budget-state.js';
export { describeBreakers, type BreakerState, type BreakersState } from './breaker-state.js';
export { listForPerson, type ForPerson } from './list-for-person.js';
export { readEvidence, type Evidence, type ReprintEvidence } from './order-evidence.js';
export { declareLedgerMoved, declareLedgerRestored, longestSettleMs, offerRestoreCheck } from './ledger-restored.js';
export { addShop } from './stored-shops.js';
export { holdOrder, releaseOrder, reprint, resolveUpdates, type OrderAct } from './steer-orders.js';
export { DatabaseRefused, openPatiently } from './open-patiently.js';
export { openRelay } from './open-relay.js';
export { isMisconfiguration } from './start-failure.js';
export { checkShop, type Check, type LinesPreview, type ShopCheck } from './shop-check.js';
export { switchLive, switchShadow, type WentLive } from './shop-mode.js';
export { readStatus, type RelayStatus } from './status.js';
export { createUser, ensureAdmin, logIn, ROLES, type Role } from './users.js';
export { askPoll, statusOverview, type PollAsked, type StatusOverview } from './statuses.js';
export { checkStatusMapping } from './status-mapping-check.js';
export {
  BOUNDS as CAMPAIGN_BOUNDS,
  cancelResend,
  DEFAULT_RULES as DEFAULT_CAMPAIGN_RULES,
  pauseResend,
  resumeResend,
  startResend,
  type AskedRules,
  type CampaignAct,
  type CampaignDone,
} from './campaigns/acts.js';
export { type Estimate } from './campaigns/estimate.js';
export { planResend, type ResendPlan } from './campaigns/plan.js';
export { type AskedSelection } from './campaigns/selection.js';
export { resendList, resendReport, resendStatus, type CampaignReport, type CampaignStatus } from './campaigns/views.js';
