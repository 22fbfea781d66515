import type { StockRun } from '@relay/ledger';
import type { Cli } from '../../cli.js';
import { table } from '../../print/table.js';
import { instant, span } from '../../print/times.js';

/** What a run came to, for a person. */
export function runText(run: StockRun, { width }: Cli): string {
  const { startedAt, endedAt } = run;
  const rows: [string, string][] = [
    ['run', `${run.id}, ${run.kind}`],
    ['ended', `${run.state}${run.failure === null ? '' : `: ${run.failure}`}`],
    ['feed', `${run.pages} pages, ${run.skus} SKUs`],
    ['compared', `${run.matched} products that HFT71 has and whose stock the shop manages`],
    ['differing', String(run.differences)],
    ['written', run.options.dryRun ? 'nothing: a dry run' : `${run.written} in ${run.writeCalls} calls`],
  ];
  if (run.skipped > 0) rows.push(['moved meanwhile', `${run.skipped}, left for the next run`]);
  if (run.raced > 0) rows.push(['oversold, corrected', String(run.raced)]);
  if (run.errors > 0) rows.push(['not taken', `${run.errors}: relay stock drift says why`]);
  if (startedAt !== null && endedAt !== null)
    rows.push([
      'took',
      `${span(endedAt.getTime() - startedAt.getTime())}, ${run.calls} calls, from ${instant(startedAt)}`,
    ]);
  return table([], rows, width);
}

const STEPS = {
  feed: 'HFT71’s feed',
  catalogue: 'the shop’s catalogue',
  shop: 'the shop’s figures',
  orders: 'the shop’s orders',
  write: 'writing',
  check: 'looking for what was oversold',
} as const;

/** One line while it works. */
export function progressText(run: StockRun): string {
  if (run.state === 'wanted') return 'waiting for a worker …';
  const step = run.step === null ? 'beginning' : STEPS[run.step];
  const done = [
    `${run.pages} pages`,
    ...(run.readSkus > 0 ? [`${run.readSkus} SKUs read`] : []),
    ...(run.differences > 0 ? [`${run.written} of ${run.differences} written`] : []),
  ];
  return `${step} … ${done.join(', ')}`;
}
