export { assertMaySend, UnsafeToSend } from './assert-may-send.js';
export { NotMigrated } from './assert-migrated.js';
export { undeliveredAlerts } from './alerts/deliver-messages.js';
export { evaluateAlerts } from './alerts/evaluate-alerts.js';
export { reportIncident, type IncidentReport } from './alerts/incident-report.js';
export { actOnIncident, findIncident, type IncidentActed, type PersonsAct } from './alerts/incidents.js';
export { startAlerting, type Alerting } from './alerts/start-alerting.js';
export * from './held-orders.js';
export { keepEvery } from './keep-every.js';
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
export { readBudget, type BudgetState, type ShopBudgets } from './budget-state.js';
export { describeBreakers, type BreakerState, type BreakersState } from './breaker-state.js';
export { IDENTITY_CHANGED, isAlsoAnothers, listForPerson, whatResolves, type ForPerson } from './list-for-person.js';
export { readEvidence, type Evidence, type ReprintEvidence } from './order-evidence.js';
export { declareLedgerMoved, declareLedgerRestored, longestSettleMs, offerRestoreCheck } from './ledger-restored.js';
export { addShop } from './stored-shops.js';
export {
  dropReprint,
  holdOrder,
  releaseOrder,
  reprint,
  resolveUpdates,
  writeBackOrder,
  type OrderAct,
} from './steer-orders.js';
export { numbersToWriteBack, writeBackOrders, type WrittenBackOrders } from './write-back-orders.js';
export { DatabaseRefused, openPatiently } from './open-patiently.js';
export { openRelay } from './open-relay.js';
export { isMisconfiguration } from './start-failure.js';
export { searchAudit, type AuditLine, type AuditSearch, type FoundAudit } from './audit-log.js';
export { callFollower, searchCalls, type CallSearch, type FoundCalls, type LoggedCall } from './call-log.js';
export { checkWebhooks, type WebhookState } from './check-webhooks.js';
export * from './doctor/index.js';
export { checkShop, type Check, type LinesPreview, type ShopCheck } from './shop-check.js';
export { pauseShopByPerson, resumeCommand, resumeLine, resumeShopByPerson, type ShopAct } from './shop-pause.js';
export { shadowReport, type ShadowReport } from './shadow-report.js';
export { smoke, type SmokeStep } from './smoke.js';
export { orderToSend, sendAsTest } from './smoke-send.js';
export { goOnGoingLive, switchLive, switchShadow, type WentLive, type WentShadow } from './shop-mode.js';
export { importOrders, type Imported, type ImportOptions } from './import-orders.js';
export { askReconciliation, reconcile, type Reconciled, type ReconciliationAsked } from './reconcile.js';
export type { ReconcileOptions, ReconcileProgress } from './reconcile-run.js';
export { readReconciliation, type ReconciliationReport } from './reconcile-report.js';
export { readStatus, type RelayStatus } from './status.js';
export { createUser, ensureAdmin, logIn, ROLES, type Role } from './users.js';
export {
  askPoll,
  settleStatusConflict,
  statusOverview,
  type ConflictSettled,
  type PollAsked,
  type StatusOverview,
} from './statuses.js';
export { checkStatusMapping } from './status-mapping-check.js';
export { rotateHft71Secret, rotateShopSecret, type Rotated, type Rotation } from './rotate-webhook-secret.js';
export { testWebhooks, type WebhookTest, type WebhookTests } from './test-webhooks.js';
export * from './stock.js';
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
