import { stripVTControlCharacters } from 'node:util';
import { wrapLines } from './wrap.js';

const GAP = '  ';
/** A last column that would be narrower than this runs over the edge instead. */
const NARROWEST = 20;

/** Columns as wide as their content; the last one is broken so that a row fits the width. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const all = head.length === 0 ? rows : [head, ...rows];
  const columns = Math.max(...all.map((row) => row.length));
  const widths = Array.from({ length: columns - 1 }, (_, column) =>
    Math.max(...all.map((row) => visibleLength(row[column] ?? ''))),
  );
  const before = widths.reduce((sum, each) => sum + each + GAP.length, GAP.length);
  return all.flatMap((row) => tableRow(row, widths, Math.max(NARROWEST, width - before))).join('\n');
}

function tableRow(row: readonly string[], widths: readonly number[], lastWidth: number): string[] {
  const start = widths.map((width, column) => pad(row[column] ?? '', width) + GAP).join('');
  const last = row[widths.length] ?? '';
  const lines = visibleLength(last) === last.length ? wrapLines(last, lastWidth) : [last];
  return lines.map((line, index) => `${GAP}${index === 0 ? start : ' '.repeat(visibleLength(start))}${line}`.trimEnd());
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(width - visibleLength(text));
}

function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}
