import { formatDuration } from './duration.js';
import { noteOn, type Environment, type VariableName } from './schema.js';
import type { SettingsFault } from './settings-error.js';
import { SHOP_CONNECTION } from './shop-variables.js';

/** Good by themselves. What a variable that is itself at fault holds is not known, and checks that need it are left out. */
export interface KnownVariables {
  readonly values: Partial<Environment>;
  readonly faulty: ReadonlySet<VariableName>;
}

/** Time for a commit and a pause of the process, beside the waits that the settings name. */
const MARGIN_MS = 1000;

/** Combinations of settings, each good by itself, that are senseless or could send an order twice. */
export function crossFaults(known: KnownVariables): SettingsFault[] {
  return [...shopFaults(known), ...pairFaults(known), ...timingFaults(known.values)];
}

function isMissing(name: VariableName, { values, faulty }: KnownVariables): boolean {
  return values[name] === undefined && !faulty.has(name);
}

function shopFaults(known: KnownVariables): SettingsFault[] {
  const missing = SHOP_CONNECTION.filter((name) => isMissing(name, known));
  const given = SHOP_CONNECTION.filter((name) => !missing.includes(name));
  if (given.length === 0) return [];
  const because = `${given.join(', ')} ${given.length === 1 ? 'is' : 'are'} set, and a shop needs all of them`;
  return missing.map((name) => fault(name, `is missing: ${because}`));
}

function pairFaults(known: KnownVariables): SettingsFault[] {
  const needs = (name: VariableName, other: VariableName, why: string) =>
    known.values[name] !== undefined && isMissing(other, known)
      ? [fault(other, `is missing: ${name} is set, ${why}`)]
      : [];
  return [
    ...needs('RELAY_ADMIN_USER', 'RELAY_ADMIN_PASSWORD', 'and a user without a password cannot log in'),
    ...needs('RELAY_ADMIN_PASSWORD', 'RELAY_ADMIN_USER', 'and a password without a user cannot be used'),
    ...needs(
      'HFT71_WEBHOOK_SECRET_PREVIOUS',
      'HFT71_WEBHOOK_SECRET',
      'and a previous secret is only good beside a current one',
    ),
    ...needs('SMTP_URL', 'ALERT_EMAIL_TO', 'and alerts by e-mail need somebody who gets them'),
    ...needs('ALERT_EMAIL_TO', 'SMTP_URL', 'and without a mail server nobody gets an e-mail'),
  ];
}

function timingFaults(env: Partial<Environment>): SettingsFault[] {
  const sending = sum(env.RELAY_SEND_BY, env.HFT71_CONNECT_TIMEOUT, env.HFT71_ANSWER_TIMEOUT, MARGIN_MS);
  const preparing = sum(env.RELAY_SHOP_TIMEOUT, env.RELAY_SEND_BY, MARGIN_MS);
  return [
    ...shorter(
      'RELAY_LEASE',
      env.RELAY_LEASE,
      sending,
      'RELAY_SEND_BY + HFT71_CONNECT_TIMEOUT + HFT71_ANSWER_TIMEOUT + 1s: else an order counts as abandoned while its call is still under way',
    ),
    ...shorter(
      'RELAY_PREPARED_TIMEOUT',
      env.RELAY_PREPARED_TIMEOUT,
      preparing,
      'RELAY_SHOP_TIMEOUT + RELAY_SEND_BY + 1s: else an attempt is abandoned while the shop is still answering, which leaves a doubt',
    ),
    ...shorter(
      'RELAY_DISPATCH_LEASE',
      env.RELAY_DISPATCH_LEASE,
      env.RELAY_LEASE,
      'RELAY_LEASE: else an order is dispatched again while it is being sent',
    ),
    ...shorter(
      'HFT71_ANSWER_TIMEOUT',
      env.HFT71_ANSWER_TIMEOUT,
      env.HFT71_CONNECT_TIMEOUT,
      'HFT71_CONNECT_TIMEOUT: an answer cannot come before the connection',
    ),
  ];
}

/** A worker that is stopped sooner than its calls end leaves doubts for people; unwelcome, but safe. */
export function timingWarnings(env: Environment): string[] {
  const callMs = env.RELAY_SEND_BY + env.HFT71_ANSWER_TIMEOUT;
  if (env.RELAY_STOP_GRACE >= callMs) return [];
  return [
    `RELAY_STOP_GRACE is shorter than RELAY_SEND_BY + HFT71_ANSWER_TIMEOUT (${formatDuration(callMs)}): stopping a worker can leave orders in doubt.`,
  ];
}

function shorter(
  name: VariableName,
  valueMs: number | undefined,
  leastMs: number | undefined,
  why: string,
): SettingsFault[] {
  if (valueMs === undefined || leastMs === undefined || valueMs >= leastMs) return [];
  return [fault(name, `must be at least ${formatDuration(leastMs)}, that is ${why}`, formatDuration(leastMs))];
}

function sum(...partsMs: (number | undefined)[]): number | undefined {
  return partsMs.reduce((total, part) => (total === undefined || part === undefined ? undefined : total + part), 0);
}

function fault(variable: VariableName, problem: string, example = noteOn(variable).example): SettingsFault {
  return { variable, problem, example };
}
