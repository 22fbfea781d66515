import { STATUS_CLASSES } from '@relay/ledger';
import type { CallStatistics } from '@relay/operations';
import { table } from './table.js';

/** By action and status class, as the runbook reads its log. */
export function callsText(calls: readonly CallStatistics[], width: number): string {
  const head = ['TO', 'ACTION', ...STATUS_CLASSES.map((each) => (each === 'none' ? 'NONE' : each)), 'LIKELY CAUSE'];
  const rows = calls.map(({ target, action, calls: counts, likelyCause }) => [
    target,
    action,
    ...STATUS_CLASSES.map((each) => (counts[each] === 0 ? '' : String(counts[each]))),
    likelyCause ?? '',
  ]);
  return table(head, rows, width);
}
