import { verifiedStock } from '@relay/operations';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { Refused } from '../../answer.js';
import { chosenShop } from '../../chosen-shop.js';
import type { Cli, ShopOptions } from '../../cli.js';
import { EXIT } from '../../exit-codes.js';
import { helpful } from '../../helpful.js';
import { jsonOption, shopOption } from '../../options.js';
import { progressLine } from '../../print/progress-line.js';
import { table } from '../../print/table.js';
import { withRelay } from '../../with-relay.js';
import { figure, signed } from './figures.js';
import { skusOption } from './skus-option.js';

interface VerifyOptions extends ShopOptions {
  readonly sample: number;
  readonly sku?: string[];
}

export function addStockVerify(stock: Command, cli: Cli): void {
  const command = stock
    .command('verify')
    .description('Read some SKUs live from both sides, those that sell most and others by chance, and compare.')
    .option('--sample <n>', 'how many SKUs, 1 to 1000', sampleSize, 50)
    .addOption(skusOption())
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: VerifyOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const progress = progressLine(cli);
          const found = await verifiedStock(relay, chosenShop(relay, options.shop), {
            skus: options.sku ?? null,
            size: options.sample,
            onProgress: (what) => progress.show(what),
          }).finally(() => progress.clear());
          if ('kind' in found) throw new Refused(found);
          const drifted = found.filter(({ difference }) => difference !== null && difference !== 0);
          const notCompared = found.filter(({ note }) => note !== null);
          const text = [
            ...(drifted.length === 0
              ? [cli.paint.green(`${found.length - notCompared.length} SKUs are as they should be.`)]
              : [
                  cli.paint.red(`${drifted.length} of ${found.length} SKUs differ:`),
                  table(
                    ['SKU', 'SHOP', 'HFT71', 'EXPECTED', 'DIFFERENCE'],
                    drifted.map((row) => [
                      row.sku,
                      figure(row.shop),
                      figure(row.hft71),
                      figure(row.expected),
                      signed(row.difference),
                    ]),
                    cli.width,
                  ),
                  'relay stock drift says why; relay stock sync brings them up to date.',
                ]),
            ...(notCompared.length === 0
              ? []
              : [
                  '',
                  'Not compared:',
                  table(
                    [],
                    notCompared.map(({ sku, note }) => [sku, note ?? '']),
                    cli.width,
                  ),
                ]),
          ].join('\n');
          return {
            json: { compared: found.length - notCompared.length, drifted: drifted.length, skus: found },
            text,
            exitCode: drifted.length === 0 ? EXIT.ok : EXIT.failed,
          };
        }),
      ),
    );
  helpful(
    command,
    ['relay stock verify', 'relay stock verify --sample 200', 'relay stock verify --sku GL64000-00007-0046'],
    ['It ends with 1 when something differs. It writes nothing.'],
  );
}

function sampleSize(text: string): number {
  const size = Number(text);
  if (!Number.isInteger(size) || size < 1 || size > 1_000)
    throw new InvalidArgumentError('It is a number from 1 to 1000.');
  return size;
}
