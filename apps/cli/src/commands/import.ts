import { importOrders, type Imported } from '@relay/operations';
import { Option, type Command } from 'commander';
import { Refused } from '../answer.js';
import { chosenShop } from '../chosen-shop.js';
import type { ActorOptions, Cli } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, shopOption } from '../options.js';
import { progressLine } from '../print/progress-line.js';
import { table } from '../print/table.js';
import { parseWindow } from '../window-option.js';
import { withRelay } from '../with-relay.js';

interface ImportCommandOptions extends ActorOptions {
  readonly window?: number;
  readonly dryRun?: boolean;
}

export function addImport(program: Command, cli: Cli): void {
  const command = program
    .command('import')
    .description('Take over the orders that the plugin has sent: their ids, statuses and tracking. Sends nothing.')
    .addOption(
      new Option('--window <time>', 'only orders changed in the shop so lately (default: all)').argParser(parseWindow),
    )
    .option('--dry-run', 'count, and change nothing')
    .addOption(shopOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: ImportCommandOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shop = chosenShop(relay, options.shop);
          const line = progressLine(cli);
          const dryRun = options.dryRun ?? false;
          const done = await importOrders(relay, shop, {
            ...{ windowMs: options.window ?? null, dryRun, actor: options.as },
            onProgress: ({ looked, withId, adopted }) =>
              line.show(`${looked} orders looked at, ${withId} with an id, ${adopted} taken over`),
          }).finally(line.clear);
          if (done.kind === 'refused') throw new Refused(done);
          const { imported } = done;
          return {
            json: { shop: shop.id, dryRun, ...imported },
            text: importText(imported, dryRun, cli),
            exitCode: imported.notAdopted.length === 0 ? EXIT.ok : EXIT.failed,
          };
        }),
      ),
    );
  helpful(
    command,
    ['relay import --dry-run', 'relay import', 'relay import --window 30d --json'],
    [
      'An id is taken over only if no other order has it and HFT71’s order, where it\ncan be read, names this one. It may be run again at any time. Ends with 1 where\nan order was not taken over.',
    ],
  );
}

/** So many are named; `--json` has up to a thousand. */
const NAMED = 20;

function importText(imported: Imported, dryRun: boolean, { width, paint }: Cli): string {
  const { looked, withId, known, adopted, cancelled, notAdopted } = imported;
  const rows = [
    ['orders looked at', String(looked)],
    ['with an HFT71 id', String(withId)],
    ['known already', String(known)],
    [dryRun ? 'would be taken over' : 'taken over', String(adopted)],
    ['cancelled in the shop, left', String(cancelled)],
    ['not taken over', String(notAdopted.length)],
  ];
  const named = notAdopted.slice(0, NAMED).map(({ number, why }) => [number, why]);
  return [
    table([], rows, width),
    ...(named.length === 0 ? [] : ['', paint.bold('Not taken over'), table([], named, width)]),
    ...(notAdopted.length > named.length ? [`  … and ${notAdopted.length - named.length} more (--json)`] : []),
    ...(dryRun ? ['', 'Nothing was changed. What to do: relay import'] : []),
  ].join('\n');
}
