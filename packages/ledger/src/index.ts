export * from './accounts.js';
export * from './alerts.js';
export * from './api-calls.js';
export { claimAttempt, prepareAttempt, type ClaimRefusal } from './attempt.js';
export * from './audit.js';
export * from './breaker.js';
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
export * from './deadline.js';
export * from './deliveries.js';
export * from './dispatch.js';
export * from './feed.js';
export * from './held.js';
export * from './hft71-deliveries.js';
export * from './hold-release.js';
export * from './hosts.js';
export * from './in-doubt.js';
export * from './installation.js';
export * from './intent-counts.js';
export * from './load-intent.js';
export * from './look-ups.js';
export * from './move-intent.js';
export * from './order-evidence.js';
export * from './passwords.js';
export * from './polls.js';
export * from './process-beats.js';
export * from './receive-order.js';
export * from './record-outcome.js';
export * from './reprint.js';
export * from './rescue.js';
export * from './restored.js';
export * from './shop-settings.js';
export * from './shops.js';
export * from './shown.js';
export * from './timeline.js';
export * from './unknown-orders.js';
export * from './updates.js';
export * from './users.js';
export * from './wanted-maintenance.js';
export * from './write-back.js';
