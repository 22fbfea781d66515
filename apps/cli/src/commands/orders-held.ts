import { InvalidArgumentError, Option, type Command } from 'commander';
import { whatResolvesHeld } from '@relay/core';
import type { OrderInDoubt } from '@relay/ledger';
import { IDENTITY_CHANGED, isAlsoAnothers, listForPerson, type ForPerson } from '@relay/operations';
import { knownShopId } from '../chosen-shop.js';
import type { Cli, ShopOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { jsonOption, shopOption } from '../options.js';
import { orderName } from '../print/order-name.js';
import { table } from '../print/table.js';
import { age, span } from '../print/times.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

interface HeldOptions extends ShopOptions {
  readonly limit: number;
}

export function addOrdersHeld(orders: Command, cli: Cli): void {
  const command = orders
    .command('held')
    .description('Orders that wait for a person, oldest first, what resolves them, and orders in doubt.')
    .addOption(shopOption())
    .addOption(new Option('--limit <n>', 'how many at most, of each').argParser(atLeastOne).default(50))
    .addOption(jsonOption())
    .action((options: HeldOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shopId = await knownShopId(relay, options.shop);
          const found = await listForPerson(relay, { shopId, limit: options.limit });
          return { json: found, text: [heldText(found, cli), ...inDoubtText(found, cli)].join('\n') };
        }),
      ),
    );
  helpful(command, ['relay orders held', 'relay orders held --shop main --limit 200', 'relay orders held --json']);
}

const ANOTHERS = 'its id is another order’s now';

const MORE = '  … and more: raise --limit';

function heldText({ held, more }: ForPerson, { paint, width }: Cli): string {
  if (held.length === 0) return 'No order is held.';
  const [shopHead, shopOf] = shopColumn(held);
  const rows = held.map((order) => [
    ...shopOf(order),
    orderName(order),
    String(order.orderId),
    order.reason,
    age(order.since),
    [order.detail, isAlsoAnothers(order) ? ANOTHERS : null].filter((part) => part !== null).join('; '),
  ]);
  const reasons = held.flatMap((order) => (isAlsoAnothers(order) ? [order.reason, IDENTITY_CHANGED] : [order.reason]));
  const advice = [...new Set(reasons)].map(
    (reason) => `  ${paint.bold(reason)}\n${wrap(whatResolvesHeld(reason), width, '    ')}`,
  );
  return [
    table([...shopHead, 'NUMBER', 'ID', 'REASON', 'SINCE', 'DETAIL'], rows, width),
    ...(more ? [MORE] : []),
    '',
    paint.bold('What resolves them'),
    ...advice,
    '',
    'The evidence of one, and its command line: relay orders show NUMBER',
    ...(held.some(({ copy }) => copy > 1) ? ['(a reprint as NUMBER-R2)'] : []),
  ].join('\n');
}

/** Nobody has to do anything about these yet; but they are not sent, so they have to stand somewhere. */
function inDoubtText({ inDoubt, moreInDoubt }: ForPerson, { paint, width }: Cli): string[] {
  if (inDoubt.length === 0) return [];
  const [shopHead, shopOf] = shopColumn(inDoubt);
  const rows = inDoubt.map((order) => [
    ...shopOf(order),
    orderName(order),
    String(order.orderId),
    age(order.since),
    settleText(order),
    lookUpText(order),
    [order.cause, order.cancelRequested ? 'cancelled in the shop' : null].filter((part) => part !== null).join(', '),
  ]);
  return [
    '',
    paint.bold('In doubt: being settled, and not sent again before'),
    table([...shopHead, 'NUMBER', 'ID', 'SINCE', 'SETTLE', 'NEXT LOOK', 'CAUSE'], rows, width),
    ...(moreInDoubt ? [MORE] : []),
  ];
}

function settleText({ settleUntil }: OrderInDoubt): string {
  return settleUntil === null ? 'over' : until(settleUntil, 'over');
}

/** A first look is due at once; where HFT71 has no look-up, it is the policy that is asked. */
function lookUpText({ nextLookUpAt }: OrderInDoubt): string {
  return nextLookUpAt === null ? 'now' : until(nextLookUpAt, 'now');
}

function until(moment: Date, past: string): string {
  const leftMs = moment.getTime() - Date.now();
  return leftMs > 0 ? `in ${span(leftMs)}` : past;
}

/** Only where there are several shops. */
function shopColumn(orders: readonly { readonly shopId: string }[]) {
  const several = new Set(orders.map(({ shopId }) => shopId)).size > 1;
  return [several ? ['SHOP'] : [], ({ shopId }: { readonly shopId: string }) => (several ? [shopId] : [])] as const;
}

function atLeastOne(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1, e.g. 200.');
  return Number(text);
}
