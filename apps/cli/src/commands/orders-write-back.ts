import { numbersToWriteBack, writeBackOrders, type Relay, type WrittenBackOrders } from '@relay/operations';
import type { Command } from 'commander';
import { Refused, type Answer } from '../answer.js';
import { chosenShop } from '../chosen-shop.js';
import type { ActorOptions, Cli } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, notBlank, shopOption } from '../options.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

interface WriteBackOptions extends ActorOptions {
  readonly reason: string;
  readonly fromReconcile?: true;
}

export function addOrdersWriteBack(orders: Command, cli: Cli): void {
  const command = orders
    .command('write-back')
    .description('Write HFT71’s id and status into the shop once more. Sends nothing.')
    .argument('[orders...]', 'the shop’s order numbers, ids, or HFT71’s ids; a reprint as 1001-R2')
    .option('--from-reconcile', 'those that the last relay reconcile found without their id, or with an old status')
    .requiredOption('--reason <text>', 'why, for the record', notBlank)
    .addOption(shopOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((named: string[], options: WriteBackOptions) => {
      if (named.length > 0 === (options.fromReconcile === true))
        return command.error('error: name the orders, or say --from-reconcile for those that it found');
      return cli.answer(options, () => withRelay(cli, (relay) => writeBack(cli, relay, named, options)));
    });
  helpful(command, [
    'relay orders write-back 1001 --reason "removed by mistake"',
    'relay orders write-back --from-reconcile --reason "the shop was restored"',
  ]);
}

async function writeBack(cli: Cli, relay: Relay, named: string[], options: WriteBackOptions): Promise<Answer> {
  const { shop: wantedShop, reason, as: actor } = options;
  const shop = options.fromReconcile === true ? chosenShop(relay, wantedShop) : null;
  const wanted = shop === null ? named : await numbersToWriteBack(relay, shop);
  if ('kind' in wanted) throw new Refused(wanted);
  const shopId = shop?.id ?? wantedShop;
  const done = await writeBackOrders(relay, { wanted, actor, reason, ...(shopId === undefined ? {} : { shopId }) });
  if (done.orders.length === 0) throw new Refused(done.refused);
  return { json: done, text: doneText(done, cli), exitCode: done.refused.length > 0 ? EXIT.failed : EXIT.ok };
}

/** So many that were not written back are named; `--json` has all. */
const NAMED = 20;

function doneText({ orders, refused }: WrittenBackOrders, { paint, width }: Cli): string {
  const [first] = orders;
  const what =
    orders.length === 1 && first !== undefined
      ? `Order ${first.order} is written back once more, with HFT71’s id ${first.hft71OrderId ?? '?'}.`
      : `${orders.length} orders are written back once more.`;
  const lines = refused
    .slice(0, NAMED)
    .map(({ order, what: why, toDo }) => paint.red(wrap(`Not ${order}: ${why}. What to do: ${toDo}`, width)));
  if (refused.length > lines.length) lines.push(`… and ${refused.length - lines.length} more (--json)`);
  return [wrap(`${what} Another id in the shop is never replaced.`, width), ...lines].join('\n');
}
