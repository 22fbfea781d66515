/** Fixed, so that a script can name them. They open nothing but the sandbox. */
export const CREDENTIALS = {
  consumerKey: 'ck_5a4d0b0c5a4d0b0c5a4d0b0c5a4d0b0c5a4d0b0c',
  consumerSecret: 'cs_7e1f2a3b7e1f2a3b7e1f2a3b7e1f2a3b7e1f2a3b',
  readOnlyKey: 'ck_0ead0011y0ead0011y0ead0011y0ead0011y0ead',
  readOnlySecret: 'cs_0ead0022y0ead0022y0ead0022y0ead0022y0ead',
  hft71Username: 'api-user@sandbox.example',
  hft71Password: 'sandbox-password',
  hft71WebhookSecret: 'sandbox-hft71-webhook-secret',
} as const;
