export * from './accounts.js';
export * from './alert-facts.js';
export * from './alert-findings.js';
export * from './alert-messages.js';
export * from './alerts.js';
export * from './api-calls.js';
export { claimAttempt, prepareAttempt, type ClaimRefusal } from './attempt.js';
export * from './audit.js';
export * from './audit-log.js';
export * from './breaker.js';
export * from './confirmed-status.js';
export * from './catalogue.js';
export { advanceCampaign, campaignsToAdvance, type CampaignStep } from './campaign-advance.js';
export * from './campaign-read-back.js';
export * from './campaign-selection.js';
export * from './campaign-views.js';
export {
  cancelCampaign,
  CAMPAIGN_ALERT,
  pauseCampaign,
  planCampaign,
  resumeCampaign,
  startCampaign,
  type CampaignRefusal,
  type CampaignRules,
} from './campaigns.js';
export { connectLedger, forgetfulSettings, type Ledger } from './connect.js';
export * from './call-log.js';
export * from './deadline.js';
export * from './delivery-state.js';
export * from './deliveries.js';
export * from './dispatch.js';
export * from './export-rows.js';
export * from './feed.js';
export * from './gather-alerts.js';
export * from './held.js';
export * from './hft71-deliveries.js';
export * from './drop-reprint.js';
export * from './hold-release.js';
export * from './leave-campaigns.js';
export * from './hosts.js';
export * from './in-doubt.js';
export * from './incident-acts.js';
export { isIncidentOfShop } from './incident-accounts.js';
export { type Channel, type IncidentChange, type ToldChange } from './incident-events.js';
export * from './incident-evidence.js';
export * from './incident-views.js';
export * from './installation.js';
export * from './intent-counts.js';
export * from './keep-incidents.js';
export * from './load-intent.js';
export * from './look-ups.js';
export * from './migrations.js';
export * from './move-intent.js';
export * from './not-shown.js';
export * from './order-evidence.js';
export * from './order-notes.js';
export * from './retention.js';
export * from './passwords.js';
export * from './pause-shop.js';
export * from './polls.js';
export * from './process-beats.js';
export * from './receive-order.js';
export * from './reconcile-reads.js';
export * from './reconciliation.js';
export * from './record-outcome.js';
export * from './reprint.js';
export * from './rescue.js';
export * from './restored.js';
export * from './shop-settings.js';
export * from './shops.js';
export * from './shown.js';
export * from './take-over.js';
export * from './status-conflicts.js';
export * from './stock-changes.js';
export * from './stock-report.js';
export * from './stock-runs.js';
export * from './stock-wanted.js';
export * from './timeline.js';
export * from './unknown-orders.js';
export * from './updates.js';
export * from './blocked-updates.js';
export * from './users.js';
export * from './wanted-maintenance.js';
export * from './webhook-secrets.js';
export * from './write-back.js';
export * from './write-back-again.js';
