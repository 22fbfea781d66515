import {
  attemptsOf,
  auditOf,
  callsOf,
  lookUpsOf,
  reprintsOf,
  type AttemptView,
  type AuditView,
  type CallView,
  type LookUpView,
  type OrderView,
  type ReprintView,
} from '@relay/ledger';
import type { Relay } from './relay.js';

export type ReprintEvidence = ReprintView & { readonly attempts: readonly AttemptView[] };

/** What a person judges an order by, beside its state and its attempts. The newest first. */
export interface Evidence {
  /** To the shop and to HFT71, about this order. */
  readonly calls: readonly CallView[];
  readonly lookUps: readonly LookUpView[];
  readonly audit: readonly AuditView[];
  readonly reprints: readonly ReprintEvidence[];
}

export async function readEvidence({ ledger }: Pick<Relay, 'ledger'>, order: OrderView): Promise<Evidence> {
  const [calls, lookUps, audit, reprints] = await Promise.all([
    callsOf(ledger, order),
    order.intentId === null ? [] : lookUpsOf(ledger, order.intentId),
    auditOf(ledger, order),
    reprintsOf(ledger, order),
  ]);
  const attempts = await Promise.all(reprints.map(({ intentId }) => attemptsOf(ledger, intentId)));
  return {
    calls,
    lookUps,
    audit,
    reprints: reprints.map((each, index) => ({ ...each, attempts: attempts[index] ?? [] })),
  };
}
