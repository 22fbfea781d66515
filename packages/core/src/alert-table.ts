import { ALERT_RULES, type AlertRule } from './alert-rules.js';

const ENDS: Readonly<Record<AlertRule['clears'], string>> = {
  'by-itself': 'by itself',
  'by-code': 'as it is settled',
  'by-person': 'by a person',
};

/** The table of docs/operations.md: Markdown with aligned columns, as prettier leaves it. */
export function alertTable(): string {
  const lines = [
    ['alert', 'severity', 'when', 'looks back, or holds for', 'ends', 'runbook'],
    ...ALERT_RULES.map(({ kind, severities, threshold, window, clears, runbook }) => [
      kind,
      severities.join(', '),
      threshold,
      window,
      ENDS[clears],
      `[${runbook}](runbook.md#${runbook})`,
    ]),
  ];
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  const [head = [], ...rules] = lines;
  return [head, widths.map((width) => '-'.repeat(width)), ...rules].map(row).join('');
}
