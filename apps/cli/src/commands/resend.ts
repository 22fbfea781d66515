import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { helpful } from '../helpful.js';
import { addResendActs } from './resend-acts.js';
import { addResendPlan } from './resend-plan.js';
import { addResendViews } from './resend-views.js';

/** Campaigns: a batch re-send after an outage. */
export function addResend(program: Command, cli: Cli): void {
  const resend = program
    .command('resend')
    .description('Send orders again in batches, after an outage: plan, start, watch, pause or cancel, report.');
  helpful(
    resend,
    [
      'relay resend plan --from 2026-11-23T10:00Z --to 2026-11-23T12:00Z',
      'relay resend start 7 --canary 5 --share 50 --reason "after the outage"',
      'relay resend status 7 --watch',
      'relay resend cancel 7 --reason "HFT71 fails again"',
      'relay resend report 7',
    ],
    [
      'A campaign sends only what HFT71 certainly did not process: refused orders, and\norders held for mapping or the deadline. What is in doubt is never sent by it.',
    ],
  );
  addResendPlan(resend, cli);
  addResendActs(resend, cli);
  addResendViews(resend, cli);
}
