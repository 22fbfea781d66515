import { STOCK_FINDINGS, type StockFinding } from '@relay/ledger';
import { stockReport } from '@relay/operations';
import { Option, type Command } from 'commander';
import { Refused } from '../../answer.js';
import { chosenShop } from '../../chosen-shop.js';
import type { Cli, ShopOptions } from '../../cli.js';
import { helpful } from '../../helpful.js';
import { jsonOption, shopOption } from '../../options.js';
import { table } from '../../print/table.js';
import { withRelay } from '../../with-relay.js';

interface ReportOptions extends ShopOptions {
  readonly kind?: StockFinding;
  readonly after: string;
}

const PAGE = 500;

export function addStockReport(stock: Command, cli: Cli): void {
  const command = stock
    .command('report')
    .description('What a stock run does not touch, SKU by SKU, and why.')
    .addOption(new Option('--kind <kind>', 'of one kind alone').choices(Object.keys(STOCK_FINDINGS)))
    .addOption(new Option('--after <sku>', 'go on after this SKU').default('', 'from the first'))
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: ReportOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const { kind = null, after } = options;
          const found = await stockReport(relay, chosenShop(relay, options.shop), { kind, after, limit: PAGE });
          if ('kind' in found) throw new Refused(found);
          const last = found.at(-1)?.sku ?? '';
          const rows = found.map((row) => [
            row.sku,
            `${STOCK_FINDINGS[row.kind]}${row.detail === null ? '' : ` (${row.detail})`}`,
          ]);
          const text =
            found.length === 0
              ? 'Nothing stands out: every SKU of the feed is a product of the shop, and the other way round.'
              : `${table(['SKU', 'WHAT'], rows, cli.width)}${found.length === PAGE ? `\nMore: relay stock report --after '${last}'` : ''}`;
          return { json: { findings: found, more: found.length === PAGE }, text };
        }),
      ),
    );
  helpful(command, ['relay stock report', 'relay stock report --kind spelt-otherwise', 'relay stock report --json']);
}
