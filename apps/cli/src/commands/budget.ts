import type { Command } from 'commander';
import { readBudget, type BudgetState, type ConnectedShop, type ShopBudgets } from '@relay/operations';
import { chosenShop } from '../chosen-shop.js';
import type { Cli, ShopOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { jsonOption, shopOption } from '../options.js';
import { table } from '../print/table.js';
import { span } from '../print/times.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

export function addBudget(program: Command, cli: Cli): void {
  const command = program
    .command('budget')
    .description('The calls that a shop’s HFT71 account and its own host grant now, and what is used of them.')
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: ShopOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shop = chosenShop(relay, options.shop);
          const state = await readBudget(shop);
          return { json: { shop: shop.id, ...state }, text: budgetText(state, shop, cli) };
        }),
      ),
    );
  helpful(command, ['relay budget', 'relay budget --json']);
}

function budgetText(budgets: ShopBudgets, shop: ConnectedShop, cli: Cli): string {
  const { baseUrl, username } = shop.settings.hft71;
  return [
    stateText(`Budget: ${baseUrl} as ${username}`, budgets, 'HFT71', cli),
    '',
    stateText(`Budget of the shop’s host: ${budgets.host.name}`, budgets.host, 'the shop', cli),
  ].join('\n');
}

function stateText(title: string, state: BudgetState, whose: string, { paint, width }: Cli): string {
  const used = Object.entries(state.used).filter(([, calls]) => calls > 0);
  const total = used.reduce((sum, [, calls]) => sum + calls, 0);
  const byClass = used.map(([name, calls]) => `${name} ${calls}`).join(', ');
  const fields: [string, string | null][] = [
    ['agreed', rateText(state.configured)],
    ['granted now', rateText(state.current)],
    ['used', `${total}${byClass === '' ? '' : `: ${byClass}`}`],
    ['taken as used', state.assumed === 0 ? null : `${state.assumed}: what was called before is not known`],
    ['frozen', state.frozenForMs === 0 ? null : paint.red(`for ${span(state.frozenForMs)}: ${whose} answered 429`)],
    ['next raise', state.nextRaiseInMs === null ? null : `in ${span(state.nextRaiseInMs)}`],
    ['careful', state.startsCareful ? 'after a 429, a lost window or a first start: not all of it at once' : null],
  ];
  const rows = fields.filter((field): field is [string, string] => field[1] !== null);
  return [paint.bold(wrap(title, width)), table([], rows, width)].join('\n');
}

/** A rate is of whole calls, and its window may be any: `60 in 60 s`. */
function rateText({ calls, windowMs }: BudgetState['current']): string {
  return `${calls} in ${windowMs < 1_000 ? `${windowMs} ms` : span(windowMs)}`;
}
