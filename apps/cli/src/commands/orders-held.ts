import { InvalidArgumentError, Option, type Command } from 'commander';
import { whatResolvesHeld } from '@relay/core';
import { heldOrders, type HeldOrder } from '@relay/ledger';
import { knownShopId } from '../chosen-shop.js';
import type { Cli, ShopOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { jsonOption, shopOption } from '../options.js';
import { table } from '../print/table.js';
import { age } from '../print/times.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

interface HeldOptions extends ShopOptions {
  readonly limit: number;
}

export function addOrdersHeld(orders: Command, cli: Cli): void {
  const command = orders
    .command('held')
    .description('Orders that wait for a person, oldest first, and what resolves them.')
    .addOption(shopOption())
    .addOption(new Option('--limit <n>', 'how many at most').argParser(atLeastOne).default(50))
    .addOption(jsonOption())
    .action((options: HeldOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shopId = await knownShopId(relay, options.shop);
          // One more than is shown tells whether there are more.
          const filter = { ...(shopId === undefined ? {} : { shopId }), limit: options.limit + 1 };
          const found = await heldOrders(relay.ledger, filter);
          const held = found.slice(0, options.limit);
          const more = found.length > held.length;
          return { json: { held: held.map(withAdvice), more }, text: heldText(held, more, cli) };
        }),
      ),
    );
  helpful(command, ['relay orders held', 'relay orders held --shop main --limit 200', 'relay orders held --json']);
}

function withAdvice(order: HeldOrder) {
  return { ...order, resolvedBy: whatResolvesHeld(order.reason) };
}

function heldText(held: readonly HeldOrder[], more: boolean, { paint, width }: Cli): string {
  if (held.length === 0) return 'No order is held.';
  const severalShops = new Set(held.map(({ shopId }) => shopId)).size > 1;
  const rows = held.map((order) => [
    ...(severalShops ? [order.shopId] : []),
    order.number,
    String(order.orderId),
    order.reason,
    age(order.since),
    order.detail ?? '',
  ]);
  const head = [...(severalShops ? ['SHOP'] : []), 'NUMBER', 'ID', 'REASON', 'SINCE', 'DETAIL'];
  const advice = [...new Set(held.map(({ reason }) => reason))].map(
    (reason) => `  ${paint.bold(reason)}\n${wrap(whatResolvesHeld(reason), width, '    ')}`,
  );
  return [
    table(head, rows, width),
    ...(more ? ['  … and more: raise --limit'] : []),
    '',
    paint.bold('What resolves them'),
    ...advice,
    '',
    'The evidence of one, and its command line: relay orders show NUMBER',
  ].join('\n');
}

function atLeastOne(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1, e.g. 200.');
  return Number(text);
}
