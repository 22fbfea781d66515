import { CAUSES } from './causes.js';
import type { Cause, Finding } from './finding.js';

const ORDER = Object.keys(CAUSES) as Cause[];

/**
 * The most likely cause first: what another finding explains stands behind everything that nothing explains; then what
 * failed before what is a warning, the graver before the lighter, and the table's order.
 */
export function ranked(findings: readonly Finding[]): Finding[] {
  const present = new Set(findings.map(({ cause }) => cause));
  return findings
    .map((finding) => ({ ...finding, explainedBy: explanationOf(finding.cause, present) }))
    .toSorted((a, b) => compare(keyOf(a), keyOf(b)));
}

function explanationOf(cause: Cause, present: ReadonlySet<Cause>): Cause | null {
  return (
    ORDER.find((other) => other !== cause && present.has(other) && CAUSES[other].explains?.includes(cause)) ?? null
  );
}

function keyOf({ explainedBy, state, severity, cause }: Finding): readonly number[] {
  return [explainedBy === null ? 0 : 1, state === 'failed' ? 0 : 1, severity, ORDER.indexOf(cause)];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
