import { STOCK_FINDINGS } from '@relay/ledger';
import { MOST_DRIFT, stockStatus, type StockStatus } from '@relay/operations';
import type { Command } from 'commander';
import { chosenShop } from '../../chosen-shop.js';
import type { Cli, ShopOptions } from '../../cli.js';
import { helpful } from '../../helpful.js';
import { jsonOption, shopOption } from '../../options.js';
import { table } from '../../print/table.js';
import { age, ago, instant, span } from '../../print/times.js';
import { withRelay } from '../../with-relay.js';

export function addStockStatus(stock: Command, cli: Cli): void {
  const command = stock
    .command('status')
    .description('How the stock sync stands: the last runs, the feed, what differs, what is not touched.')
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: ShopOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const status = await stockStatus(relay, chosenShop(relay, options.shop));
          return { json: status, text: statusText(status, cli) };
        }),
      ),
    );
  helpful(command, ['relay stock status', 'relay stock status --json']);
}

function statusText(status: StockStatus, cli: Cli): string {
  const { boost, feed, findings, runs, safety } = status;
  const every = boost?.everyMs ?? status.everyMs;
  const rows: [string, string][] = [
    ['scheduled', status.enabled ? `every ${span(every)}` : 'no: HFT71_STOCK_SYNC_ENABLED is off'],
    ...(boost === null ? [] : [['boosted', `until ${instant(boost.until)}`] satisfies [string, string]]),
    ['last whole run', ago(status.lastSync)],
    [
      'HFT71’s feed',
      feed === null ? 'never read whole' : `${feed.skus} SKUs on ${feed.pages} pages, ${age(feed.completedAt)} old`,
    ],
    ['differing', status.drifting === MOST_DRIFT ? `${MOST_DRIFT} or more` : String(status.drifting)],
    ...(safety.length === 0 ? [] : [['safety stock', `${safety.length} SKUs of their own`] satisfies [string, string]]),
  ];
  const runRows = runs.map((run) => [
    ...[run.id, run.kind, run.state, run.startedAt === null ? '' : instant(run.startedAt)],
    ...[String(run.differences), String(run.written), String(run.writeCalls), String(run.raced), run.failure ?? ''],
  ]);
  return [
    table([], rows, cli.width),
    ...(runRows.length === 0
      ? []
      : [
          '',
          table(
            ['RUN', 'KIND', 'ENDED', 'FROM', 'DIFFERING', 'WRITTEN', 'CALLS', 'OVERSOLD', 'WHY'],
            runRows,
            cli.width,
          ),
        ]),
    ...(findings.length === 0
      ? []
      : [
          '',
          cli.paint.bold('Not touched (relay stock report)'),
          table(
            [],
            findings.map(({ kind, count }) => [String(count), STOCK_FINDINGS[kind]]),
            cli.width,
          ),
        ]),
  ].join('\n');
}
