import { explainedDrift } from '@relay/operations';
import type { Command } from 'commander';
import { Refused } from '../../answer.js';
import { chosenShop } from '../../chosen-shop.js';
import type { Cli, ShopOptions } from '../../cli.js';
import { helpful } from '../../helpful.js';
import { jsonOption, shopOption } from '../../options.js';
import { table } from '../../print/table.js';
import { age, ago, instant } from '../../print/times.js';
import { withRelay } from '../../with-relay.js';
import { figure } from './figures.js';

const CAUSES: Readonly<Record<string, string>> = {
  first: 'its first write',
  hft71: 'HFT71’s figure moved',
  orders: 'orders that HFT71 has not accepted came or went',
  safety: 'the safety stock was changed',
  missing: 'the feed no longer names it',
  raced: 'a sale had been overwritten',
  shop: 'the shop’s figure had moved',
};

export function addStockShow(stock: Command, cli: Cli): void {
  const command = stock
    .command('show')
    .description('One SKU: what the shop shows, what it is to show and why, and the last change with its cause.')
    .argument('<sku>')
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((sku: string, options: ShopOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const found = await explainedDrift(relay, chosenShop(relay, options.shop), { limit: 10, skus: [sku] });
          if ('kind' in found) throw new Refused(found);
          const [row] = found;
          if (row === undefined)
            throw new Refused({
              what: `the relay does not write the stock of ${sku}`,
              toDo: 'relay stock report says why; SKUs are the same to the letter, capitals and blanks too',
            });
          const rows: [string, string][] = [
            ['in the shop', `${figure(row.shop)}, read ${ago(row.readAt)}`],
            ['at HFT71', figure(row.hft71)],
            ['in open orders', String(row.reserved)],
            ['safety stock', String(row.safety)],
            ['to be shown', `${row.target}: ${row.likelyCause}`],
            ['sold in 30 days', String(row.sold)],
          ];
          if (row.differsSince !== null) rows.push(['differs for', age(row.differsSince)]);
          if (row.lastWrittenAt !== null)
            rows.push([
              'last change',
              `${figure(row.lastWritten)} at ${instant(row.lastWrittenAt)}: ${CAUSES[row.lastCause ?? ''] ?? '?'}`,
            ]);
          if (row.raced > 0) rows.push(['oversold, corrected', `${row.raced} times`]);
          return { json: row, text: table([], rows, cli.width) };
        }),
      ),
    );
  helpful(command, ['relay stock show GL64000-00007-0046']);
}
