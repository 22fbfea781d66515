import { SENDING_CAMPAIGN_STATES } from '@relay/core';

/** SQL: the campaign of this alias sends now. At most one of an account does. */
export function sendingCampaign(alias: string): string {
  return `${alias}.state in (${SENDING_CAMPAIGN_STATES.map((state) => `'${state}'`).join(', ')})`;
}
