import { Option, type Command } from 'commander';
import {
  closeBreakerByPerson,
  describeBreakers,
  openBreakerByPerson,
  readBreakers,
  type BreakerAct,
  type BreakersState,
  type BreakerState,
  type ConnectedShop,
  type Relay,
} from '@relay/operations';
import { Refused } from '../answer.js';
import { chosenShop } from '../chosen-shop.js';
import type { ActorOptions, Cli, ShopOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, mustConfirm, notBlank, shopOption, yesOption } from '../options.js';
import { table } from '../print/table.js';
import { ago, instant } from '../print/times.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

interface MoveOptions extends ActorOptions {
  readonly reason: string;
  readonly host?: boolean;
  readonly yes?: boolean;
}

export function addBreaker(program: Command, cli: Cli): void {
  const breaker = program
    .command('breaker')
    .description('Whether calls go to a shop’s HFT71 account, and to the shop’s host, at all.');
  helpful(breaker, ['relay breaker show', 'relay breaker close --reason "the plugin is off now"']);
  addShow(breaker, cli);
  addOpen(breaker, cli);
  addClose(breaker, cli);
}

function addShow(breaker: Command, cli: Cli): void {
  const command = breaker
    .command('show')
    .description('Both breakers: state, who opened it, why, and what comes next.')
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: ShopOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shop = chosenShop(relay, options.shop);
          const breakers = describeBreakers(await readBreakers(relay, shop));
          const close = closeCommand(relay, shop);
          return { json: { shop: shop.id, ...breakers }, text: breakersText(breakers, shop, { ...cli, close }) };
        }),
      ),
    );
  helpful(command, ['relay breaker show', 'relay breaker show --json']);
}

function addOpen(breaker: Command, cli: Cli): void {
  const command = move(breaker, 'open', 'Stop all calls at once, until a person closes it. Calls under way end.')
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: MoveOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shop = chosenShop(relay, options.shop);
          const changed = await openBreakerByPerson(relay, shop, actOf(options));
          if (!changed)
            throw new Refused({
              what: 'the relay has stopped the account already, and its reason stays',
              toDo: 'relay breaker show says why; nothing is sent',
            });
          const what = options.host === true ? 'the shop’s host is not called' : 'no order is sent';
          const text = `The breaker is open: ${what} until a person closes it (${closeCommand(relay, shop, options.host)}).`;
          return { json: { shop: shop.id, changed }, text: wrap(text, cli.width) };
        }),
      ),
    );
  helpful(command, [
    'relay breaker open --reason "HFT71 asked us to stop"',
    'relay breaker open --host --reason "update"',
  ]);
}

function addClose(breaker: Command, cli: Cli): void {
  const command = move(breaker, 'close', 'Let calls go again, once what opened it is settled.')
    .addOption(yesOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: MoveOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shop = chosenShop(relay, options.shop);
          const question =
            options.host === true
              ? `Call ${shop.host} again?`
              : `Send shop ${shop.id}’s orders to ${shop.settings.hft71.baseUrl} again?`;
          await mustConfirm(cli, options, question);
          const changed = await closeBreakerByPerson(relay, shop, actOf(options));
          const text = changed ? 'The breaker is closed: orders go again.' : 'The breaker was closed already.';
          return { json: { shop: shop.id, changed }, text };
        }),
      ),
    );
  helpful(command, [
    'relay breaker close --reason "the plugin is off now"',
    'relay breaker close --host --reason "back"',
  ]);
}

function move(breaker: Command, name: string, description: string): Command {
  return breaker
    .command(name)
    .description(description)
    .requiredOption('--reason <text>', 'why, for the record', notBlank)
    .addOption(new Option('--host', 'the breaker of the shop’s host instead of the HFT71 account’s'))
    .addOption(shopOption());
}

function actOf({ host, as: actor, reason }: MoveOptions): BreakerAct {
  return { which: host === true ? 'host' : 'account', actor, reason };
}

/** What closes it, without the reason: without `--host` it would close the account's, and say that it was closed already. */
function closeCommand({ shops }: Relay, { id }: ConnectedShop, isHost = false): string {
  return `relay breaker close${shops.size > 1 ? ` --shop ${id}` : ''}${isHost ? ' --host' : ''}`;
}

function breakersText(
  { account, host }: BreakersState,
  shop: ConnectedShop,
  { paint, width, close }: Pick<Cli, 'paint' | 'width'> & { readonly close: string },
): string {
  const { hft71 } = shop.settings;
  const { now, most } = account.sendWindow;
  const own: [string, string | null][] = [
    ['send window', `${now} at once now, at most ${most}`],
    ['frozen', account.frozenUntil === null ? null : `until ${instant(account.frozenUntil)}: HFT71 answered 429`],
  ];
  return [
    paint.bold(wrap(`HFT71 account: ${hft71.baseUrl} as ${hft71.username}`, width)),
    table([], [...stateRows(account, close), ...own.filter((row): row is [string, string] => row[1] !== null)], width),
    '',
    paint.bold(wrap(`Host of shop ${shop.id}: ${shop.host}`, width)),
    host === null ? '  not called yet' : table([], stateRows(host, `${close} --host`), width),
  ].join('\n');
}

function stateRows({ state, owner, reason, since, nextProbeAt, ...counts }: BreakerState, close: string): string[][] {
  const rows: [string, string | null][] = [
    ['breaker', `${state.replace('_', '-')}${since === null ? '' : `, since ${instant(since)} (${ago(since)})`}`],
    [
      'opened by',
      owner === null ? null : `${OWNERS[owner] ?? owner.replace(/^person:/, '')}: ${reason ?? 'no reason given'}`,
    ],
    ['failures in a row', counts.failuresInARow === 0 ? null : String(counts.failuresInARow)],
    ['re-openings in a row', counts.reopenings === 0 ? null : String(counts.reopenings)],
    ['next probe', nextProbeAt === null ? null : instant(nextProbeAt)],
    ['closed by', state === 'open' && nextProbeAt === null ? `a person only: ${close} --reason …` : null],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== null);
}

const OWNERS: Readonly<Record<string, string>> = {
  failures: 'failed calls',
  unauthorized: 'a refused log-in',
  relay: 'the relay',
};
