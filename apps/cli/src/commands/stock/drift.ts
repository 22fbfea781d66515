import { explainedDrift } from '@relay/operations';
import type { Command } from 'commander';
import { Refused } from '../../answer.js';
import { chosenShop } from '../../chosen-shop.js';
import type { Cli, ShopOptions } from '../../cli.js';
import { helpful } from '../../helpful.js';
import { jsonOption, shopOption } from '../../options.js';
import { table } from '../../print/table.js';
import { age } from '../../print/times.js';
import { withRelay } from '../../with-relay.js';
import { figure, signed } from './figures.js';

const SHOWN = 200;

export function addStockDrift(stock: Command, cli: Cli): void {
  const command = stock
    .command('drift')
    .description(
      'Where the shop’s figure, as last read, is another than it should be: since when, and the likely cause.',
    )
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: ShopOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const drift = await explainedDrift(relay, chosenShop(relay, options.shop), { limit: SHOWN });
          if ('kind' in drift) throw new Refused(drift);
          const rows = drift.map((row) => [
            ...[row.sku, figure(row.shop), figure(row.hft71), String(row.target), signed(row.difference)],
            ...[row.differsSince === null ? 'new' : age(row.differsSince), row.likelyCause],
          ]);
          const text =
            drift.length === 0
              ? 'Nothing differs, by what was read last. relay stock verify reads both sides now.'
              : `${table(['SKU', 'SHOP', 'HFT71', 'EXPECTED', 'DIFFERENCE', 'FOR', 'LIKELY CAUSE'], rows, cli.width)}${drift.length === SHOWN ? `\n… the first ${SHOWN}` : ''}`;
          return { json: drift, text };
        }),
      ),
    );
  helpful(
    command,
    ['relay stock drift', 'relay stock drift --json'],
    ['Expected is HFT71’s figure less what is in orders that HFT71 has not accepted,\nless safety stock.'],
  );
}
