import type { Command } from 'commander';
import { checkShop, type LinesPreview, type ShopCheck } from '@relay/operations';
import { addShopAdd } from './shop-add.js';
import { addShopList } from './shop-list.js';
import { addShopPause, addShopResume } from './shop-pause.js';
import { chosenShop } from '../chosen-shop.js';
import type { Cli, ShopOptions } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { helpful } from '../helpful.js';
import { jsonOption, shopOption } from '../options.js';
import { table } from '../print/table.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

export function addShop(program: Command, cli: Cli): void {
  const shop = program.command('shop').description('The connection to a shop and to its HFT71 account.');
  helpful(shop, [
    'relay shop check',
    'relay shop list',
    'relay shop pause --reason "wrong prices"',
    'relay shop add second --file second-shop.env',
  ]);
  addShopAdd(shop, cli);
  addShopList(shop, cli);
  addShopPause(shop, cli);
  addShopResume(shop, cli);
  const check = shop
    .command('check')
    .description('Ask the shop and HFT71 all that going live needs, without changing anything.')
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: ShopOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const chosen = chosenShop(relay, options.shop);
          const found = await checkShop(relay, chosen);
          const { warnings } = relay.settings;
          const allOk = found.checks.every(({ ok }) => ok);
          return {
            json: { shop: chosen.id, ok: allOk, ...found, linesSetting: chosen.lines, warnings },
            text: checkText(found, { shop: chosen.id, lines: chosen.lines, warnings }, cli),
            exitCode: allOk ? EXIT.ok : EXIT.failed,
          };
        }),
      ),
    );
  helpful(check, ['relay shop check', 'relay shop check --shop main --json']);
}

interface Surroundings {
  readonly shop: string;
  readonly lines: string | null;
  readonly warnings: readonly string[];
}

function checkText(found: ShopCheck, { shop, lines, warnings }: Surroundings, cli: Cli): string {
  const { paint, width } = cli;
  const rows = found.checks.map(({ name, ok, found: what }) => [ok ? paint.green('✓') : paint.red('✗'), name, what]);
  return [
    paint.bold(`Shop ${shop}`),
    table([], rows, width),
    ...warnings.map((warning) => paint.yellow(wrap(`! ${warning}`, width, '  '))),
    ...linesText(found, lines, cli),
  ].join('\n');
}

function linesText({ lines: previews, ordersLookedAt }: ShopCheck, chosen: string | null, cli: Cli): string[] {
  const { paint, width } = cli;
  if (previews.length === 0) return [];
  const rows = previews.map((preview) => previewRow(preview, chosen));
  const advice =
    chosen === null ? ['', 'HFT71_LINES is not set, and nothing is sent live until it is: choose one of these.'] : [];
  return [
    '',
    paint.bold(`What HFT71_LINES would do with the last ${ordersLookedAt} orders`),
    table(['HFT71_LINES', 'ORDERS SENT', 'NOT HFT71’S', 'LINES SENT', 'LEFT OUT', 'SKUS LEFT OUT'], rows, width),
    ...advice,
  ];
}

function previewRow(preview: LinesPreview, chosen: string | null): string[] {
  const counts = [preview.ordersSent, preview.ordersNotForHft71, preview.linesSent, preview.linesLeftOut].map(String);
  const name = preview.choice === chosen ? `${preview.choice} (set)` : preview.choice;
  return [name, ...counts, preview.leftOutSkus.join(' ')];
}
