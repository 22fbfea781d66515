import { comparable } from '@relay/core';
import { Argument, type Command } from 'commander';
import { statusOverview, type StatusOverview } from '@relay/operations';
import { addStatusConflicts } from './status-conflicts.js';
import { chosenShop } from '../chosen-shop.js';
import type { Cli, ShopOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { jsonOption, shopOption } from '../options.js';
import { table } from '../print/table.js';
import { age } from '../print/times.js';
import { withRelay } from '../with-relay.js';

export function addStatuses(program: Command, cli: Cli): void {
  const command = program
    .command('statuses')
    .description('HFT71’s statuses: what the shop makes of each, how many orders have it, and what needs a person.')
    .usage('[accept|overwrite] [options]')
    // Takes the word that is no subcommand, so that a slip of the hand is told of as one.
    .addArgument(new Argument('[what]', 'the list when left out').choices(['accept', 'overwrite']))
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((_what: string | undefined, options: ShopOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const overview = await statusOverview(relay, chosenShop(relay, options.shop));
          return { json: overview, text: overviewText(overview, cli) };
        }),
      ),
    );
  helpful(
    command,
    ['relay statuses', 'relay statuses --json', 'relay statuses accept 1001 --reason "refunded by phone"'],
    ['The table is HFT71_STATUS_MAPPING in the settings.'],
  );
  addStatusConflicts(command, cli);
}

function overviewText(
  { mapping, counts, conflicts, heldUpdates, blockedUpdates }: StatusOverview,
  { paint, width }: Cli,
): string {
  const ordersOf = (status: string) =>
    counts.find((each) => comparable(each.status) === comparable(status))?.orders ?? 0;
  const rows = mapping.map(({ hft71Status, shopStatus }) => [
    hft71Status,
    shopStatus ?? '(left as it is)',
    String(ordersOf(hft71Status)),
  ]);
  const unknown = counts.filter(({ isKnown }) => !isKnown);
  return [
    table(['HFT71', 'IN THE SHOP', 'ORDERS'], rows, width),
    ...section(
      'Not in HFT71_STATUS_MAPPING: the shop’s status stays',
      unknown.map(({ status, orders }) => [status, String(orders)]),
    ),
    ...section(
      'Set otherwise by hand in the shop, and left so: relay statuses accept NUMBER, or overwrite',
      conflicts.map(({ number, status, conflict }) => [`#${number}`, `HFT71: ${status ?? '?'}`, conflict]),
    ),
    ...section(
      'Changes that HFT71 was not told: do it there by hand, then relay orders update-done NUMBER',
      heldUpdates.map(({ number, kind, reason, detail, since }) => [
        `#${number}`,
        kind,
        reason,
        age(since),
        detail ?? '',
      ]),
    ),
    ...section(
      'Changes that wait until the order itself is settled: relay orders show NUMBER',
      blockedUpdates.map(({ number, kind, sendState, sendReason, since }) => [
        `#${number}`,
        kind,
        `the order is ${sendState}${sendReason === null ? '' : ` (${sendReason})`}`,
        age(since),
      ]),
    ),
  ].join('\n');

  function section(title: string, lines: string[][]): string[] {
    return lines.length === 0 ? [] : ['', paint.bold(title), table([], lines, width)];
  }
}
