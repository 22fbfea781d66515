import type { AttemptView, OrderView } from '@relay/ledger';
import type { Evidence, ReprintEvidence } from '@relay/operations';
import type { Cli } from '../cli.js';
import { table } from './table.js';
import { after, age, instant } from './times.js';

/** Each with its times and its outcome, the first one first. */
export function attemptsText(attempts: readonly AttemptView[], indent = '  '): string {
  if (attempts.length === 0) return `${indent}none`;
  return attempts.map((attempt, index) => indented(attemptText(attempt, index), indent)).join('\n');
}

/** Sections, those that say nothing left out. */
export function evidenceText(evidence: Evidence, order: OrderView, cli: Cli): string[] {
  const reprints = evidence.reprints.filter(({ copy }) => copy !== order.copy);
  const sections: [string, string[]][] = [
    ['Look-ups at HFT71, the newest first', lookUpsText(evidence, cli)],
    ['Calls, the newest first', callsText(evidence, cli)],
    ['What people did, the newest first', auditText(evidence, cli)],
    ['Reprints', reprints.map((reprint) => reprintText(reprint))],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .flatMap(([title, lines]) => ['', cli.paint.bold(title), ...lines]);
}

function lookUpsText({ lookUps }: Evidence, { width }: Cli): string[] {
  const rows = lookUps.map(({ startedAt, answer, detail, hft71OrderId }) => [
    instant(startedAt),
    answer,
    [hft71OrderId === null ? null : `HFT71’s id ${hft71OrderId}`, detail].filter((part) => part !== null).join(': '),
  ]);
  return rows.length === 0 ? [] : [table([], rows, width)];
}

function callsText({ calls }: Evidence, { width }: Cli): string[] {
  const rows = calls.map(({ at, target, action, method, path, status, code, durationMs }) => [
    instant(at),
    target,
    action,
    status === null ? (code ?? 'no answer') : String(status),
    `${durationMs} ms`,
    `${method} ${path}`,
  ]);
  return rows.length === 0 ? [] : [table([], rows, width)];
}

function auditText({ audit }: Evidence, { width }: Cli): string[] {
  const rows = audit.map(({ at, actor, action, reason }) => [instant(at), actor, action, reason ?? '']);
  return rows.length === 0 ? [] : [table([], rows, width)];
}

function reprintText({ copy, reference, state, reason, hft71OrderId, stateSince, attempts }: ReprintEvidence): string {
  const why = reason === null ? '' : ` (${reason})`;
  const id = hft71OrderId === null ? '' : `, HFT71’s id ${hft71OrderId}`;
  return `  R${copy}  ${reference}: ${state}${why}, for ${age(stateSince)}${id}\n${attemptsText(attempts, '      ')}`;
}

function attemptText(attempt: AttemptView, index: number): string {
  const { preparedAt, claimedAt, leftAt, endedAt } = attempt;
  const http = attempt.httpStatus === null ? null : `HTTP ${attempt.httpStatus}`;
  const known = new Set([attempt.cause, http, attempt.errorCode].filter((part) => part !== null));
  known.delete(attempt.outcome ?? ''); // a rejection's cause is the rejection
  const outcome = `${attempt.outcome ?? 'under way'}${known.size === 0 ? '' : ` (${[...known].join(', ')})`}`;
  const id = attempt.hft71OrderId === null ? '' : `, HFT71’s id ${attempt.hft71OrderId}`;
  const steps = [
    ['claimed', claimedAt],
    ['left', leftAt],
    ['ended', endedAt],
  ] as const;
  const times = steps.map(([step, at]) => (at === null ? `never ${step}` : `${step} ${after(preparedAt, at)}`));
  return [
    `${index + 1}  ${instant(preparedAt)}  ${outcome}${id}`,
    `   ${times.join(', ')}`,
    `   ${attempt.token} by ${attempt.worker}`,
  ].join('\n');
}

function indented(text: string, indent: string): string {
  return text
    .split('\n')
    .map((line) => indent + line)
    .join('\n');
}
