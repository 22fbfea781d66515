import { DISAGREEMENTS, type Disagreement } from '@relay/core';
import { findingsOf, lastReconciliation, type Finding, type Reconciliation } from '@relay/ledger';
import type { Relay } from './relay.js';

export interface ReconciliationReport {
  readonly run: Reconciliation;
  /** No kind disagrees, and every side was asked to the end. */
  readonly ok: boolean;
  /** Those that occur. */
  readonly kinds: readonly {
    readonly kind: Disagreement;
    readonly what: string;
    readonly toDo: string;
    /** All of them, also those that are not kept singly. */
    readonly count: number;
    readonly findings: readonly Omit<Finding, 'kind'>[];
  }[];
}

/** What the last run that ended has found. @param limit of findings, over all kinds. null before the first. */
export async function readReconciliation(
  relay: Pick<Relay, 'ledger'>,
  shopId: string,
  limit?: number,
): Promise<ReconciliationReport | null> {
  const run = await lastReconciliation(relay.ledger, shopId);
  if (run === null) return null;
  const findings = await findingsOf(relay.ledger, run.id, limit);
  const kinds = (Object.keys(DISAGREEMENTS) as Disagreement[]).flatMap((kind) => {
    const count = run.counts[kind] ?? 0;
    if (count === 0) return [];
    const own = findings
      .filter((each) => each.kind === kind)
      .map(({ orderId, number, detail }) => ({ orderId, number, detail }));
    return [{ kind, ...DISAGREEMENTS[kind], count, findings: own }];
  });
  return { run, ok: kinds.length === 0 && run.faults.length === 0, kinds };
}
