import {
  acknowledgeIncident,
  closeIncident,
  gatherEvidence,
  isIncidentOfShop,
  keptEvidence,
  loadIncident,
  mitigateIncident,
  type IncidentAct,
  type IncidentEvidence,
  type IncidentRefusal,
  type IncidentWhole,
} from '@relay/ledger';
import { refused, type Refusal } from '../held-orders.js';
import type { Relay } from '../relay.js';
import { channelNames } from './alert-channels.js';
import { tellLog } from './tell-log.js';

type Acting = Pick<Relay, 'ledger' | 'settings' | 'log'>;

export interface PersonsAct {
  readonly incidentId: number;
  readonly actor: string;
  readonly reason: string | null;
  /** Whose it has to be; left out: any. */
  readonly shopId?: string;
}

export type IncidentFound = { readonly kind: 'found'; readonly incident: IncidentWhole } | Refusal;

/** One incident with its alerts, its timeline, and what became of its messages. @param shopId whose it has to be. */
export async function findIncident(
  { ledger }: Pick<Relay, 'ledger'>,
  incidentId: number,
  shopId?: string,
): Promise<IncidentFound> {
  const incident = await loadIncident(ledger, incidentId);
  if (incident === null) return unknown(incidentId);
  return shopId === undefined || (await isIncidentOfShop(ledger, incidentId, shopId))
    ? { kind: 'found', incident }
    : refused(
        `incident ${incidentId} is not one of shop ${shopId}`,
        `relay incident list --all --shop ${shopId} has those that are; leave --shop out for this one`,
      );
}

export type IncidentActed = { readonly kind: 'done'; readonly incident: IncidentWhole } | Refusal;

const ACTS = { acknowledge: acknowledgeIncident, mitigate: mitigateIncident, close: closeIncident } as const;
const CHANGES = { acknowledge: 'acknowledged', mitigate: 'mitigated', close: 'resolved' } as const;

/** A person acknowledges, mitigates or closes it: stored with who and why, and told on every channel, the log of this process among them. */
export async function actOnIncident(relay: Acting, how: keyof typeof ACTS, by: PersonsAct): Promise<IncidentActed> {
  const { actor, incidentId, reason, shopId } = by;
  const before = await findIncident(relay, incidentId, shopId);
  if (before.kind === 'refused') return before;
  const act: IncidentAct = { actor, incidentId, reason, channels: channelNames(relay.settings.alerts) };
  const result = await ACTS[how](relay.ledger, act);
  if (result !== 'done') return explain(result, by.incidentId);
  const { severity } = before.incident;
  const what = [`by ${actor}`, reason].filter((part) => part !== null).join(': ');
  tellLog(relay, { incidentId, severity, change: CHANGES[how], what }, { byPerson: true });
  const found = await findIncident(relay, by.incidentId);
  return found.kind === 'refused' ? found : { kind: 'done', incident: found.incident };
}

function explain(refusal: IncidentRefusal, incidentId: number): Refusal {
  switch (refusal.kind) {
    case 'unknown':
      return unknown(incidentId);
    case 'state':
      return refused(
        `incident ${incidentId} is ${refusal.state} already${refusal.by === null ? '' : `, by ${refusal.by}`}`,
        `nothing: relay incident show ${incidentId} has who and when`,
      );
    case 'fires':
      return refused(
        `incident ${incidentId} still has an alert that is true: ${refusal.alerts.slice(0, 3).join('; ')}`,
        `mend that, and it ends by itself; say meanwhile that nobody suffers from it with relay incident mitigate ${incidentId}`,
      );
  }
}

function unknown(incidentId: number): Refusal {
  return {
    ...refused(`there is no incident ${incidentId}`, 'relay incident list --all names those that there are'),
    isUnknown: true,
  };
}

/** What it gathered: as it is now, or as it was kept when the incident ended. */
export async function evidenceOf(
  { ledger, settings }: Pick<Relay, 'ledger' | 'settings'>,
  incidentId: number,
): Promise<IncidentEvidence | null> {
  return (
    (await keptEvidence(ledger, incidentId)) ??
    (await gatherEvidence(ledger, incidentId, { sendDelayMs: settings.sendDelayMs }))
  );
}
