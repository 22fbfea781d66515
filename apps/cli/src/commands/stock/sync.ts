import { setTimeout as sleep } from 'node:timers/promises';
import type { StockRun } from '@relay/ledger';
import { askStockRun, stockRun, type Relay } from '@relay/operations';
import type { Command } from 'commander';
import { Refused } from '../../answer.js';
import { chosenShop } from '../../chosen-shop.js';
import type { ActorOptions, Cli } from '../../cli.js';
import { EXIT } from '../../exit-codes.js';
import { helpful } from '../../helpful.js';
import { actorOption, jsonOption, mustConfirm, notBlank, shopOption, yesOption } from '../../options.js';
import { progressLine } from '../../print/progress-line.js';
import { withRelay } from '../../with-relay.js';
import { progressText, runText } from './run-text.js';
import { skusOption } from './skus-option.js';

interface SyncOptions extends ActorOptions {
  readonly sku?: string[];
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly reason?: string;
  readonly wait: boolean;
  readonly yes?: boolean;
}

/** A worker takes a run within a second or two, if one runs. */
const UNTAKEN_MS = 30_000;
const LOOK_EVERY_MS = 250;

export function addStockSync(stock: Command, cli: Cli): void {
  const command = stock
    .command('sync')
    .description(
      'Compare the shop’s stock with HFT71’s now, and write what differs. A worker does it; this shows how far it is.',
    )
    .addOption(skusOption())
    .option('--dry-run', 'compare and tell, write nothing')
    .option('--force', 'write though the run would zero or change more than the limits allow; needs --reason')
    .option('--reason <text>', 'why, for the record', notBlank)
    .option('--no-wait', 'do not wait for its end')
    .addOption(yesOption())
    .addOption(shopOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: SyncOptions) =>
      cli.answer(options, async () => {
        if (options.force === true)
          await mustConfirm(
            cli,
            options,
            'Write the stock though the limits forbid it? relay stock sync --dry-run shows it',
          );
        return withRelay(cli, async (relay) => {
          const { as: actor, reason = null, sku: skus = null, dryRun = false, force = false } = options;
          const shop = chosenShop(relay, options.shop);
          // Where the sync is on, a run writes no more than the next one would by itself.
          if (!shop.stock.enabled && skus === null && !dryRun && !force)
            await mustConfirm(
              cli,
              options,
              `HFT71_STOCK_SYNC_ENABLED is off. Write HFT71’s stock into shop ${shop.id} all the same? relay stock sync --dry-run shows what would change`,
            );
          const asked = await askStockRun(relay, shop, { skus, dryRun, force }, { actor, reason });
          if (asked.kind === 'refused') throw new Refused(asked);
          if (!options.wait)
            return {
              json: { run: asked.runId },
              text: `Run ${asked.runId} is asked for: relay stock status shows it.`,
            };
          const run = await untilEnded(relay, asked.runId, cli);
          const exitCode = run.state === 'finished' && run.errors === 0 ? EXIT.ok : EXIT.failed;
          return { json: run, text: runText(run, cli), exitCode };
        });
      }),
    );
  helpful(command, [
    'relay stock sync',
    'relay stock sync --dry-run',
    'relay stock sync --sku GL64000-00007-0046',
    'relay stock sync --force --reason "the season’s last pieces are sold"',
  ]);
}

/** @throws Refused when no worker takes it: it is made later. */
async function untilEnded(relay: Relay, runId: string, cli: Cli): Promise<StockRun> {
  const progress = progressLine(cli);
  const askedAt = Date.now();
  try {
    for (;;) {
      const run = await stockRun(relay, runId);
      if (run === null) throw new Error(`stock run ${runId} is gone`);
      if (run.state !== 'wanted' && run.state !== 'running') return run;
      if (run.state === 'wanted' && run.failure === null && Date.now() - askedAt > UNTAKEN_MS)
        throw new Refused({
          what: `no worker has taken run ${runId} within ${UNTAKEN_MS / 1000} s`,
          toDo: 'it is made as soon as one can: relay status says whether workers run, relay stock status whether another run is under way',
        });
      progress.show(progressText(run));
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    progress.clear();
  }
}
