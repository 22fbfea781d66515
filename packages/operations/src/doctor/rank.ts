import { CAUSES } from './causes.js';
import type { Cause, Finding } from './finding.js';

const ORDER = Object.keys(CAUSES) as Cause[];

/**
 * The most likely cause first: what another finding explains stands behind everything that nothing explains; then what
 * failed before what is a warning, the graver before the lighter, and the table's order.
 */
export function ranked(findings: readonly Finding[]): Finding[] {
  return findings
    .map((finding) => ({ ...finding, explainedBy: explanationOf(finding, findings) }))
    .toSorted((a, b) => compare(keyOf(a), keyOf(b)));
}

function explanationOf(finding: Finding, all: readonly Finding[]): Cause | null {
  const explaining = new Set(all.filter((other) => explains(other, finding)).map(({ cause }) => cause));
  return ORDER.find((cause) => explaining.has(cause)) ?? null;
}

/** What may be nothing explains no failure, and what is wrong with one shop nothing of another. */
function explains(one: Finding, other: Finding): boolean {
  if (one.state === 'warning' && other.state === 'failed') return false;
  return CAUSES[one.cause].explains?.includes(other.cause) === true && isOfOne(one.about, other.about);
}

function isOfOne(a: readonly string[], b: readonly string[]): boolean {
  return a.length === 0 || b.length === 0 || a.some((subject) => b.includes(subject));
}

function keyOf({ explainedBy, state, severity, cause }: Finding): readonly number[] {
  return [explainedBy === null ? 0 : 1, state === 'failed' ? 0 : 1, severity, ORDER.indexOf(cause)];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
