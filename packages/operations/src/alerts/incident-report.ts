import { runbookLink } from '@relay/core';
import type { AffectedOrders, IncidentEvidence, IncidentWhole } from '@relay/ledger';
import type { Refusal } from '../held-orders.js';
import type { Relay } from '../relay.js';
import { evidenceOf, findIncident } from './incidents.js';

/** The runbook's, word for word as far as this product has them. */
export const POST_INCIDENT_CHECKLIST: readonly string[] = [
  'Incident ticket updated with root cause.',
  'Customer/business communication sent (if required).',
  'Backlog tasks created (preventive fixes, alerts, tests).',
  '`CHANGELOG.md` updated if behavior changed.',
  'Runbook updated with lessons learned.',
];

export interface IncidentReport {
  readonly incident: IncidentWhole;
  readonly evidence: IncidentEvidence;
  /** Sections of the runbook that its alerts link to. */
  readonly runbook: readonly string[];
  readonly checklist: readonly string[];
  readonly markdown: string;
}

export type Reported = { readonly kind: 'reported'; readonly report: IncidentReport } | Refusal;

/** For whoever escalates it or writes the post-mortem: nothing of it has to be gathered by hand. */
export async function reportIncident(
  relay: Pick<Relay, 'ledger' | 'settings'>,
  incidentId: number,
  shopId?: string,
): Promise<Reported> {
  const found = await findIncident(relay, incidentId, shopId);
  if (found.kind === 'refused') return found;
  const evidence = await evidenceOf(relay, incidentId);
  if (evidence === null) throw new Error(`incident ${incidentId} has no evidence`);
  const { incident } = found;
  const kinds = [...new Set(incident.gathered.map(({ kind }) => kind))];
  const runbook = [...new Set(kinds.map((kind) => runbookLink(relay.settings.alerts.runbook, kind)))];
  const report = { incident, evidence, runbook, checklist: POST_INCIDENT_CHECKLIST };
  return { kind: 'reported', report: { ...report, markdown: markdownOf(report) } };
}

type Parts = Omit<IncidentReport, 'markdown'>;

function markdownOf({ incident, evidence, runbook, checklist }: Parts): string {
  const sections: [string, readonly string[]][] = [
    ['Times (UTC)', timesOf(incident, evidence)],
    ['Affected orders', affectedLines(evidence.affected)],
    ['Top failing endpoints and codes', failingTable(evidence)],
    ['Representative requests', requestTable(evidence)],
    [
      'Alerts',
      incident.gathered.map(
        (alert) =>
          `- SEV-${alert.severity} ${alert.kind}: ${alert.message} (${utc(alert.since)} to ${utc(alert.endedAt)})`,
      ),
    ],
    ['Timeline', incident.timeline.map(({ at, actor, change, what }) => `- ${utc(at)} ${change} (${actor}): ${what}`)],
    ['Runbook', runbook.map((link) => `- ${link}`)],
    ['Post-incident checklist', checklist.map((item) => `- [ ] ${item}`)],
  ];
  const body = sections.map(([title, lines]) => `## ${title}\n\n${lines.length === 0 ? 'None.' : lines.join('\n')}`);
  return [`# Incident ${incident.id}: SEV-${incident.severity}, ${incident.state}`, incident.title, ...body, ''].join(
    '\n\n',
  );
}

function timesOf(incident: IncidentWhole, { startedAt, endedAt }: IncidentEvidence): string[] {
  const late = (isLate: boolean) => (isLate ? ', **late**' : '');
  const by = (who: string | null) => (who === null ? '' : ` by ${who}`);
  return [
    `- start: ${utc(new Date(startedAt))}`,
    `- end: ${endedAt === null ? 'not yet' : utc(new Date(endedAt))}`,
    `- told: ${utc(incident.openedAt)}`,
    `- acknowledged: ${utc(incident.acknowledgedAt)}${by(incident.acknowledgedBy)}, target ${utc(incident.acknowledgeBy)}${late(incident.acknowledgedLate)}`,
    `- mitigated: ${utc(incident.mitigatedAt)}${by(incident.mitigatedBy)}${
      incident.mitigateBy === null ? '' : `, target ${utc(incident.mitigateBy)}${late(incident.mitigatedLate)}`
    }`,
    `- closed: ${utc(incident.resolvedAt)}${by(incident.resolvedBy)}${incident.reason === null ? '' : `: ${incident.reason}`}`,
  ];
}

/** The report names so many; JSON has them all. */
const NUMBERS_SHOWN = 100;

function affectedLines({ numbers, total, ...counts }: AffectedOrders): string[] {
  const more = numbers.length > NUMBERS_SHOWN ? `, and ${numbers.length - NUMBERS_SHOWN} more` : '';
  return [
    `- total: ${total}`,
    `- at HFT71 now: ${counts.sent}`,
    `- in doubt: ${counts.inDoubt}`,
    `- held for a person: ${counts.held}`,
    `- waiting, they go by themselves: ${counts.waiting}`,
    `- withdrawn unsent: ${counts.withdrawn}`,
    ...(numbers.length === 0 ? [] : [`- numbers: ${numbers.slice(0, NUMBERS_SHOWN).join(', ')}${more}`]),
  ];
}

function failingTable({ failingCalls }: IncidentEvidence): string[] {
  if (failingCalls.length === 0) return [];
  return [
    '| calls | target | action | endpoint | answer |',
    '| ---: | --- | --- | --- | --- |',
    ...failingCalls.map(
      ({ calls, target, action, method, path, status, code }) =>
        `| ${calls} | ${target} | ${action} | ${method} ${path} | ${answerOf(status, code)} |`,
    ),
  ];
}

function requestTable({ requests }: IncidentEvidence): string[] {
  if (requests.length === 0) return [];
  return [
    '| at | action | answer | order | request id |',
    '| --- | --- | --- | --- | --- |',
    ...requests.map(
      ({ at, action, status, code, orderId, requestId }) =>
        `| ${utc(new Date(at))} | ${action} | ${answerOf(status, code)} | ${orderId ?? ''} | ${requestId} |`,
    ),
  ];
}

function answerOf(status: number | null, code: string | null): string {
  return [status === null ? 'no answer' : `HTTP ${status}`, code].filter((part) => part !== null).join(' ');
}

function utc(date: Date | null): string {
  return date === null ? 'not yet' : date.toISOString().slice(0, 19).replace('T', ' ');
}
