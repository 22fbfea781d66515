import { runbookLink } from '@relay/core';
import type { IncidentChange, WaitingMessage } from '@relay/ledger';

/** What people read, the same on every channel. No customer data: order numbers, counts, times. */
export interface AlertMessage {
  readonly headline: string;
  readonly lines: readonly string[];
  /** Of the mail, so that one that is sent twice can be told. */
  readonly id: string;
}

const CHANGES: Readonly<Record<IncidentChange, string>> = {
  opened: 'begins',
  alert: 'goes on',
  also: 'has another alert',
  more: 'has more of the same',
  worse: 'is worse',
  cleared: 'is quiet',
  late: 'is late',
  acknowledged: 'is acknowledged',
  mitigated: 'is mitigated',
  resolved: 'is over',
  reopened: 'is back',
};

export function messageOf(waiting: WaitingMessage, runbook: string, installationId: string): AlertMessage {
  const { incidentId, severity, change, what, kind, title } = waiting;
  const isOver = waiting.state === 'resolved';
  const span = `${utc(waiting.startedAt)} to ${waiting.endedAt === null ? 'now' : utc(waiting.endedAt)}`;
  return {
    headline: `[SEV-${severity}] incident ${incidentId} ${CHANGES[change]}: ${what}`,
    lines: [
      ...(what.includes(title) ? [] : [title]),
      `From ${span}. Told at ${utc(waiting.at)}.`,
      ...(isOver ? [] : [targetsText(waiting)]),
      `Runbook: ${runbookLink(runbook, kind ?? '')}`,
      `relay incident ${isOver ? 'report' : 'show'} ${incidentId}`,
    ],
    id: `alert-${waiting.id}@${installationId}`,
  };
}

/** For what cannot be stored: the ledger is away. */
export function directMessage(headline: string, runbook: string, id: string): AlertMessage {
  return { headline, lines: [`Runbook: ${runbook}#postgresql-away`], id };
}

function targetsText({ acknowledgeBy, mitigateBy }: WaitingMessage): string {
  const mitigate = mitigateBy === null ? '' : `, to mitigate by ${utc(mitigateBy)}`;
  return `To acknowledge by ${utc(acknowledgeBy)}${mitigate}.`;
}

function utc(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** As Slack's incoming webhooks read it; others take `text` alone. */
export function slackBodyOf({ headline, lines }: AlertMessage) {
  return {
    text: escaped(headline),
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: `*${escaped(headline)}*` } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: escaped(lines.join('\n')) }] },
    ],
  };
}

/** Slack's three control characters: a text from outside must call no channel. A block holds 3,000 characters. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').slice(0, 2_900);
}

const LONGEST_SUBJECT = 180;

export function mailOf({ headline, lines, id }: AlertMessage) {
  const subject = headline.length > LONGEST_SUBJECT ? `${headline.slice(0, LONGEST_SUBJECT)}…` : headline;
  return { subject, text: [headline, '', ...lines, ''].join('\n'), messageId: `<${id}>` };
}
