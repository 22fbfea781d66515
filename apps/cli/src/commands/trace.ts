import { InvalidArgumentError, Option, type Command } from 'commander';
import { timelineOf, type OrderView, type TimelineEntry } from '@relay/ledger';
import { findOrder } from '@relay/operations';
import { Refused } from '../answer.js';
import type { Cli, ShopOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { jsonOption, shopOption } from '../options.js';
import { orderName } from '../print/order-name.js';
import { table } from '../print/table.js';
import { withRelay } from '../with-relay.js';

interface TraceOptions extends ShopOptions {
  readonly limit: number;
}

export function addTrace(program: Command, cli: Cli): void {
  const command = program
    .command('trace')
    .description('Everything that happened to one order, in order: webhooks, jobs, attempts, calls, states, people.')
    .argument('<order>', 'the shop’s order number, its id, or HFT71’s id')
    .addOption(shopOption())
    .addOption(new Option('--limit <n>', 'how many at most, the latest').argParser(limitOf).default(500))
    .addOption(jsonOption())
    .action((wanted: string, options: TraceOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const found = await findOrder(relay, wanted, options.shop);
          if (found.kind === 'refused') throw new Refused(found);
          const { order } = found;
          const entries = await timelineOf(relay.ledger, order, options.limit);
          return {
            json: { shopId: order.shopId, orderId: order.orderId, number: order.number, entries },
            text: timelineText(order, entries, options.limit, cli),
          };
        }),
      ),
    );
  helpful(command, ['relay trace 1001', 'relay trace 500001 --json', 'relay trace 1001 --limit 50']);
}

function timelineText(
  order: OrderView,
  entries: readonly TimelineEntry[],
  limit: number,
  { paint, width }: Cli,
): string {
  const rows = entries.map(({ at, kind, what, requestId }) => [
    at.toISOString().replace('T', ' ').replace('Z', ''),
    kind,
    requestId === null ? what : `${what} [${requestId}]`,
  ]);
  return [
    paint.bold(`Order ${orderName(order)}`) + ` (shop ${order.shopId}, id ${order.orderId}), times in UTC`,
    ...(entries.length === limit ? [`… the latest ${limit}: raise --limit for more`] : []),
    table([], rows, width),
  ].join('\n');
}

function limitOf(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1 to 99999.');
  return Number(text);
}
