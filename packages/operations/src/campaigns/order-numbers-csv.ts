import { CsvError, parse } from 'csv-parse/sync';

/** So many lines at most: more than that is no list that a person has looked at. */
const MOST_LINES = 50_000;
const LONGEST_NUMBER = 64;
/** Lines that a complaint names; the rest it counts. */
const NAMED_LINES = 5;
const COLUMNS = [
  'order',
  'number',
  'order number',
  'order_number',
  'ordernumber',
  'order id',
  'order_id',
  'orderid',
  'id',
];
/** What a spreadsheet would carry out instead of showing it. */
const FORMULA = /^[=+\-@\t\r]/;
// eslint-disable-next-line no-control-regex -- exactly those are refused
const CONTROL = /[\u0000-\u001f\u007f\ufffd]/;

export type OrderNumbers =
  | { readonly kind: 'numbers'; readonly numbers: readonly string[]; readonly repeated: number }
  /** The whole file is refused: a list that is half understood is the wrong list. */
  | { readonly kind: 'fault'; readonly what: string; readonly toDo: string };

/**
 * Order numbers of a CSV: one column, or one that is headed `order` or `number`; `,` `;` or tab between columns, quotes and a
 * byte order mark as spreadsheets write them.
 */
export function readOrderNumbers(file: string | Uint8Array): OrderNumbers {
  const text = typeof file === 'string' ? file : decoded(file);
  if (text === null) return fault('the file is not UTF-8 text', 'save it as CSV UTF-8');
  if (text.split('\n').length > MOST_LINES + 2) return tooLong();
  const lines: Line[] = [];
  try {
    parse(text, {
      bom: true,
      delimiter: [',', ';', '\t'],
      relax_column_count: true,
      on_record: (record: unknown, { lines: line }) => {
        if (!Array.isArray(record)) return null;
        lines.push({ line, cells: record.map((cell) => String(cell).trim()) });
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return fault(
      `the CSV breaks off at line ${lineOf(error)}: a quote is opened or closed where none belongs`,
      'mend the quotes in that line',
    );
  }
  const filled = lines.filter(({ cells }) => cells.some((cell) => cell !== ''));
  if (filled.length > MOST_LINES + 1) return tooLong();
  return numbersOf(filled);
}

interface Line {
  readonly line: number;
  readonly cells: readonly string[];
}

function numbersOf(lines: readonly Line[]): OrderNumbers {
  const head = lines[0]?.cells.map((cell) => cell.toLowerCase()) ?? [];
  const named = COLUMNS.map((name) => head.indexOf(name)).find((at) => at >= 0);
  const rows = named === undefined ? lines : lines.slice(1);
  if (named === undefined && rows.some(({ cells }) => cells.length > 1))
    return fault(
      'the CSV has several columns, and none is headed “order” or “number”',
      'head the column of the order numbers so, or leave only that one',
    );
  const column = named ?? 0;
  if (rows.length === 0) return fault('the CSV names no order', 'write one order number a line');
  const cells = rows.map((row) => ({ line: row.line, cell: row.cells[column] ?? '' }));

  const complaints: [(cell: string) => boolean, string, string][] = [
    [(cell) => FORMULA.test(cell), 'a formula, not an order number', 'replace it by the number itself'],
    [(cell) => cell === '', 'no order number', 'fill it in, or remove the line'],
    [
      (cell) => cell.length > LONGEST_NUMBER || CONTROL.test(cell),
      'what is no order number',
      'look at the line with a text editor',
    ],
  ];
  for (const [isWrong, what, toDo] of complaints) {
    const wrong = cells.filter(({ cell }) => isWrong(cell)).map(({ line }) => line);
    if (wrong.length > 0)
      return fault(`${linesText(wrong)} of the CSV ${wrong.length === 1 ? 'holds' : 'hold'} ${what}`, toDo);
  }
  const numbers = [...new Set(cells.map(({ cell }) => cell.replace(/^#/, '')))];
  return { kind: 'numbers', numbers, repeated: cells.length - numbers.length };
}

function tooLong(): OrderNumbers {
  return fault(`the CSV has more than ${MOST_LINES} lines`, 'select by time, state or error instead, or split it');
}

function decoded(file: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file);
  } catch {
    return null;
  }
}

function lineOf(error: CsvError): string {
  const { lines } = error as { lines?: unknown };
  return typeof lines === 'number' ? String(lines) : '?';
}

function linesText(lines: readonly number[]): string {
  const named = lines.slice(0, NAMED_LINES).join(', ');
  const more = lines.length - NAMED_LINES;
  return `line${lines.length === 1 ? '' : 's'} ${named}${more > 0 ? ` and ${more} more` : ''}`;
}

function fault(what: string, toDo: string): OrderNumbers {
  return { kind: 'fault', what, toDo };
}
