import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Argument, Option, type Command } from 'commander';
import { stringify } from 'csv-stringify';
import { EXPORT_KINDS, exportColumns, exportRows, type ExportKind, type ExportRow } from '@relay/ledger';
import { Refused } from '../answer.js';
import { knownShopId } from '../chosen-shop.js';
import type { Cli, ShopOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { dateOf } from '../moments.js';
import { jsonOption, notBlank, shopOption } from '../options.js';
import { progressLine } from '../print/progress-line.js';
import { windowOption } from '../window-option.js';
import { withRelay } from '../with-relay.js';

interface ExportOptions extends ShopOptions {
  readonly window: number;
  readonly from?: Date;
  readonly to?: Date;
  readonly format?: 'csv' | 'jsonl';
  readonly out?: string;
}

export function addExport(program: Command, cli: Cli): void {
  const command = program
    .command('export')
    .description('Rows of the ledger as CSV or JSON lines: ids, SKUs, states and times, no customer data.')
    .addArgument(new Argument('<what>', 'which rows').choices(EXPORT_KINDS))
    .addOption(windowOption('rows are', '7d').conflicts(['from']))
    .addOption(new Option('--from <time>', 'rows since then, in UTC: 2026-11-28 or 2026-11-28T10:00').argParser(dateOf))
    .addOption(new Option('--to <time>', 'and before then (default: now)').argParser(dateOf))
    .addOption(new Option('--format <format>', 'csv, or jsonl: one JSON document a line').choices(['csv', 'jsonl']))
    .addOption(new Option('--out <file>', 'into a new file instead of stdout').argParser(notBlank))
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((what: ExportKind, options: ExportOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shopId = await knownShopId(relay, options.shop);
          const { from, to } = windowOf(options);
          const toFile = options.out !== undefined;
          // Without a file, what --json asks for is the rows themselves.
          const format = options.format ?? (options.json === true && !toFile ? 'jsonl' : 'csv');
          const line = progressLine(cli);
          let count = 0;
          const rows = async function* () {
            for await (const page of exportRows(relay.ledger, what, { shopId, from, to })) {
              yield* page;
              count += page.length;
              if (toFile) line.show(`${count} rows`);
            }
          };
          await write(rows(), what, { format, out: options.out, cli }).finally(line.clear);
          const json = { what, format, from, to, rows: count, file: options.out ?? null };
          const text = `${count} ${what} of ${from.toISOString()} to ${to.toISOString()} are in ${options.out ?? ''}.`;
          return { json, text, ...(toFile ? {} : { isWritten: true as const }) };
        }),
      ),
    );
  helpful(
    command,
    [
      'relay export orders > orders.csv',
      'relay export calls --window 24h --format jsonl | jq .status',
      'relay export attempts --from 2026-11-27T10:00 --to 2026-11-28 --out a.csv',
    ],
    ['Times are in UTC. A text that a spreadsheet would take for a formula begins with\nan apostrophe.'],
  );
}

function windowOf({ window, from, to = new Date() }: ExportOptions): { from: Date; to: Date } {
  const since = from ?? new Date(to.getTime() - window);
  if (since >= to)
    throw new Refused({
      what: `the window is empty: from ${since.toISOString()} to ${to.toISOString()}`,
      toDo: 'give --from a time before --to; both are in UTC',
    });
  return { from: since, to };
}

/** As fast as whoever reads it. */
async function write(
  rows: AsyncIterable<ExportRow>,
  what: ExportKind,
  { format, out, cli }: { format: 'csv' | 'jsonl'; out: string | undefined; cli: Cli },
): Promise<void> {
  const source = Readable.from(rows);
  const encoder =
    format === 'csv'
      ? stringify({
          header: true,
          columns: exportColumns(what),
          escape_formulas: true,
          record_delimiter: 'windows', // RFC 4180
          cast: { boolean: (value) => String(value) },
        })
      : async function* (each: AsyncIterable<ExportRow>) {
          for await (const row of each) yield `${JSON.stringify(row)}\n`;
        };
  try {
    // A file that is there already may be the evidence of the last incident.
    const target = out === undefined ? cli.stdout : createWriteStream(out, { flags: 'wx', mode: 0o600 });
    await pipeline(source, encoder, target, { end: out !== undefined });
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE') return; // `| head` has seen enough
    if (out !== undefined && syscall === 'open')
      throw new Refused(
        code === 'EEXIST'
          ? { what: `${out} is there already`, toDo: 'name a file that is not' }
          : {
              what: `${out} cannot be written (${code ?? '?'})`,
              toDo: 'name a file in a folder that you may write to',
            },
      );
    throw error;
  }
}
