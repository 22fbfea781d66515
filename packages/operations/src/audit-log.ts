import { latestAudit, type AuditFilter, type AuditLine } from '@relay/ledger';
import { findOrder, type Refusal } from './held-orders.js';
import { emptyWindow } from './record-window.js';
import type { Relay } from './relay.js';

export type { AuditLine } from '@relay/ledger';

export interface AuditSearch extends Omit<AuditFilter, 'orderId'> {
  readonly order?: string | undefined;
}

export type FoundAudit = { readonly kind: 'audit'; readonly lines: readonly AuditLine[] } | Refusal;

/** `relay audit`: who did what, the latest that fit, the oldest of them first. */
export async function searchAudit(relay: Relay, { order, ...filter }: AuditSearch): Promise<FoundAudit> {
  const empty = emptyWindow(filter);
  if (empty !== null) return empty;
  if (order === undefined) return { kind: 'audit', lines: await latestAudit(relay.ledger, filter) };
  const found = await findOrder(relay, order, filter.shopId);
  if (found.kind === 'refused') return found;
  const { shopId, orderId } = found.order;
  return { kind: 'audit', lines: await latestAudit(relay.ledger, { ...filter, shopId, orderId }) };
}
