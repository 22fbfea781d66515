import type { ScenarioResult } from './result.js';

const COLUMNS = [
  ['ORDERS', 'orders'],
  ['DUPLICATES', 'duplicates'],
  ['LOST', 'lost'],
  ['HELD', 'held'],
  ['IN DOUBT', 'inDoubt'],
  ['OVER LIMIT', 'overLimit'],
  ['SECONDS', 'seconds'],
] as const;

/** Human mode: a table that grows by a row as each scenario ends. */
export class Table {
  readonly #nameWidth: number;

  constructor(
    names: readonly string[],
    readonly write: (text: string) => void,
  ) {
    this.#nameWidth = Math.max('SCENARIO'.length, ...names.map(({ length }) => length));
  }

  head(): void {
    const titles = COLUMNS.map(([title]) => title);
    this.write(`${['SCENARIO'.padEnd(this.#nameWidth), ...titles].join('  ')}  PASSED\n`);
  }

  row(name: string, result: ScenarioResult, passed: boolean): void {
    const cells = COLUMNS.map(([title, key]) => String(result[key]).padStart(title.length));
    this.write(`${[name.padEnd(this.#nameWidth), ...cells].join('  ')}  ${passed ? 'yes' : 'NO'}\n`);
    for (const [mark, { value, bound, met }] of Object.entries(result.marks))
      this.write(`    ${met ? '' : 'BROKEN: '}${mark} ${value} (${bound})\n`);
    for (const broke of result.broke)
      if (!markNames(result).some((mark) => broke.startsWith(`${mark} `))) this.write(`    BROKEN: ${broke}\n`);
    if (result.error !== undefined) this.write(`    FAILED: ${indented(result.error)}\n`);
    if (result.evidence !== undefined) this.write(`    evidence: ${result.evidence}\n`);
  }
}

function markNames(result: ScenarioResult): string[] {
  return Object.keys(result.marks);
}

/** One line on stdout, in the order in which the issue names its parts. */
export function jsonLine(result: ScenarioResult): string {
  const { scenario, orders, duplicates, lost, held, inDoubt, overLimit, seconds, passed, ...more } = result;
  return JSON.stringify({ scenario, orders, duplicates, lost, held, inDoubt, overLimit, seconds, passed, ...more });
}

export function settingsText(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function indented(text: string): string {
  return text.split('\n').join('\n            ');
}
