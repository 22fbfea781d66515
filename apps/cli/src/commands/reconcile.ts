import { readReconciliation, reconcile, type ReconcileProgress, type ReconciliationReport } from '@relay/operations';
import type { Command } from 'commander';
import { Refused } from '../answer.js';
import { chosenShop } from '../chosen-shop.js';
import type { ActorOptions, Cli } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, shopOption } from '../options.js';
import { bar, progressLine } from '../print/progress-line.js';
import { table } from '../print/table.js';
import { instant } from '../print/times.js';
import { wrap } from '../print/wrap.js';
import { windowOption } from '../window-option.js';
import { withRelay } from '../with-relay.js';

interface ReconcileCommandOptions extends ActorOptions {
  readonly window: number;
  readonly hft71: boolean;
  readonly last?: boolean;
}

export function addReconcile(program: Command, cli: Cli): void {
  const command = program
    .command('reconcile')
    .description(
      'Compare shop, ledger and HFT71, and list what disagrees. Sends nothing, writes nothing into the shop.',
    )
    .addOption(windowOption('orders changed in the shop are', '7d'))
    .option('--no-hft71', 'leave HFT71 out: it costs one call for each order that it has')
    .option('--last', 'only show what the last run found')
    .addOption(shopOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: ReconcileCommandOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shop = chosenShop(relay, options.shop);
          if (options.last !== true) {
            const line = progressLine(cli);
            const done = await reconcile(relay, shop, {
              windowMs: options.window,
              startedBy: options.as,
              hft71: options.hft71,
              onProgress: (progress) => line.show(progressText(progress)),
            }).finally(line.clear);
            if (done.kind === 'refused') throw new Refused(done);
          }
          const report = await readReconciliation(relay, shop.id);
          if (report === null)
            throw new Refused({ what: 'nothing has been reconciled yet', toDo: 'relay reconcile does it now' });
          return {
            json: { shop: shop.id, ...report },
            text: reportText(report, cli),
            exitCode: report.ok ? EXIT.ok : EXIT.failed,
          };
        }),
      ),
    );
  helpful(
    command,
    ['relay reconcile', 'relay reconcile --window 24h --no-hft71', 'relay reconcile --last --json'],
    ['Workers do the same every RELAY_RECONCILE_INTERVAL by themselves. Ends with 1\nwhere something disagrees.'],
  );
}

const STEPS = { shop: 'Orders of the shop', ledger: 'Orders of the ledger', hft71: 'Ids at HFT71' } as const;

function progressText({ step, done, of }: ReconcileProgress): string {
  return `${STEPS[step]}: ${of === null ? done : bar(done, of)}`;
}

/** So many orders of a kind are named; `--json` has all that are kept. */
const NAMED = 20;

function reportText({ run, ok, kinds }: ReconciliationReport, cli: Cli): string {
  const { paint, width } = cli;
  const looked = [
    `${run.shopOrders} orders in the shop`,
    `${run.ledgerOrders} in the ledger`,
    `${run.hft71Reads} ids at HFT71${run.hft71Unread > 0 ? ` (${run.hft71Unread} not asked for)` : ''}`,
  ].join(', ');
  const lines = [
    wrap(
      `Shop ${run.shopId} since ${instant(run.windowFrom)}, by ${run.startedBy} at ${instant(run.startedAt)}: ${looked}.`,
      width,
    ),
    ...run.faults.map((fault) => paint.red(wrap(`Not complete: ${fault}`, width))),
  ];
  if (ok) return [...lines, paint.green('They agree.')].join('\n');
  for (const { what, toDo, count, findings } of kinds) {
    const rows = findings.slice(0, NAMED).map(({ number, detail }) => [number, detail]);
    lines.push('', paint.bold(`${count} × ${what}`), table([], rows, width));
    if (count > rows.length) lines.push(`  … and ${count - rows.length} more (--json)`);
    lines.push(wrap(`What to do: ${toDo}`, width, '  '));
  }
  return lines.join('\n');
}
