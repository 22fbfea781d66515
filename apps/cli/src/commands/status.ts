import type { Command } from 'commander';
import { HAND_OFF_STATES } from '@relay/core';
import type { BreakerView } from '@relay/ledger';
import { readStatus, resumeLine, type RelayStatus } from '@relay/operations';
import { knownShopId } from '../chosen-shop.js';
import type { Cli, ShopOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { jsonOption, shopOption } from '../options.js';
import { table } from '../print/table.js';
import { ago, instant, span } from '../print/times.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

export function addStatus(program: Command, cli: Cli): void {
  const command = program
    .command('status')
    .description('Shops, breakers, orders by state, workers and alerts: all of it in one look.')
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: ShopOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const status = await readStatus(relay, await knownShopId(relay, options.shop));
          const { warnings } = relay.settings;
          return { json: { ...status, warnings }, text: statusText(status, warnings, options.shop, cli) };
        }),
      ),
    );
  helpful(command, ['relay status', 'relay status --shop main', 'relay status --json | jq .orders']);
}

function statusText(status: RelayStatus, warnings: readonly string[], shop: string | undefined, cli: Cli): string {
  const { paint, width } = cli;
  const sections: [string, string][] = [
    ['Shops', shopsText(status, shop, cli)],
    ['HFT71 accounts', accountsText(status, cli)],
    ['Shops’ hosts', hostsText(status, cli)],
    ['Orders', countsText(status.orders)],
    ...(Object.keys(status.reprints).length === 0
      ? []
      : ([['Reprints', countsText(status.reprints)]] as [string, string][])),
    ['Write-backs to the shop', countsText(status.writeBacks)],
    [shop === undefined ? 'Work' : 'Work, of all shops', workText(status, cli)],
    ...(status.waiting.length === 0 ? [] : ([['Why orders wait', waitingText(status, cli)]] as [string, string][])),
    ['For a person', forAPersonText(status, cli)],
    ['Open alerts', alertsText(status, cli)],
  ];
  const warned = warnings.map((warning) => paint.yellow(wrap(`Warning: ${warning}`, width)));
  return [...sections.map(([title, text]) => `${paint.bold(title)}\n${text}`), ...warned].join('\n\n');
}

function shopsText({ shops }: RelayStatus, shop: string | undefined, { paint, width }: Cli): string {
  if (shops.length === 0) return '  none yet: put a shop into the settings and start a worker';
  const rows = shops.map((shop) => [shop.id, shop.mode, ago(shop.sweptAt), shop.homeUrl ?? 'not reached yet']);
  const faults = shops
    .filter(({ fault }) => fault !== null)
    .map(({ id, fault }) => paint.red(wrap(`${id}: ${fault}`, width, '  ')));
  const pauses = shops.flatMap(({ id, pausedAt, pausedBy, pauseReason }) =>
    pausedAt === null
      ? []
      : [
          paint.yellow(wrap(`${id}: paused ${ago(pausedAt)} by ${pausedBy ?? '?'}: ${pauseReason ?? ''}`, width, '  ')),
          `    ${resumeLine(id, shops.length > 1 || shop !== undefined)}`,
        ],
  );
  return [table(['SHOP', 'MODE', 'LAST SWEEP', 'HOME'], rows, width), ...faults, ...pauses].join('\n');
}

function accountsText({ accounts }: RelayStatus, { paint, width }: Cli): string {
  if (accounts.length === 0) return '  none yet';
  const rows = accounts.map((account) => {
    const window = `${account.sendWindow} of ${account.maxInFlight}`;
    const feed = account.feed === null ? 'not read yet' : `${account.feed.skus} SKUs, ${ago(account.feed.completedAt)}`;
    return [breakerText(account, paint), window, feed, `${account.baseUrl} as ${account.username}`];
  });
  const frozen = accounts.flatMap(({ frozenUntil }) =>
    frozenUntil === null ? [] : [paint.red(`  frozen until ${instant(frozenUntil)}: HFT71 answered 429`)],
  );
  const head = ['BREAKER', 'WINDOW', 'STOCK FEED', 'ACCOUNT'];
  return [table(head, rows, width), ...reasonsText(accounts, { paint, width }), ...frozen].join('\n');
}

function hostsText({ hosts }: RelayStatus, { paint, width }: Cli): string {
  if (hosts.length === 0) return '  none yet';
  const rows = hosts.map((host) => [breakerText(host, paint), host.id]);
  return [table(['BREAKER', 'HOST'], rows, width), ...reasonsText(hosts, { paint, width })].join('\n');
}

function breakerText({ breakerState }: BreakerView, paint: Cli['paint']): string {
  return breakerState === 'closed' ? 'closed' : paint.red(breakerState.replace('_', '-'));
}

function reasonsText(breakers: readonly BreakerView[], { paint, width }: Pick<Cli, 'paint' | 'width'>): string[] {
  return breakers
    .filter(({ breakerState }) => breakerState !== 'closed')
    .map(({ breakerOwner, breakerReason }) =>
      paint.red(wrap(`opened by ${breakerOwner ?? 'the relay'}: ${breakerReason ?? 'no reason given'}`, width, '  ')),
    );
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const rows = HAND_OFF_STATES.filter((state) => counts[state] !== undefined).map((state) => [
    state,
    String(counts[state]),
  ]);
  return rows.length === 0 ? '  none' : table([], rows, Infinity);
}

function workText({ progress }: RelayStatus, { paint, width }: Cli): string {
  const workers = progress.workersSeen === 0 ? paint.red('none seen for 30 s') : String(progress.workersSeen);
  const oldest = progress.due === 0 ? '' : `, the oldest for ${span(progress.oldestDueSeconds * 1000)}`;
  return table(
    [],
    [
      ['workers', workers],
      ['due now', `${progress.due}${oldest}`],
      ['last progress', ago(progress.lastProgressAt)],
    ],
    width,
  );
}

function waitingText({ waiting }: RelayStatus, { width, paint }: Cli): string {
  const rows = waiting.map(({ failure, orders, nextTry }) => [
    `${orders} ${orders === 1 ? 'order' : 'orders'}`,
    paint.red(failure),
    nextTry === null ? '' : `next try ${instant(nextTry)}`,
  ]);
  return table([], rows, width);
}

function forAPersonText({ heldOrders }: RelayStatus, { paint }: Cli): string {
  return heldOrders === 0 ? '  nothing' : `  ${paint.red(`${heldOrders} held or refused`)}: relay orders held`;
}

function alertsText({ alerts }: RelayStatus, { width }: Cli): string {
  if (alerts.length === 0) return '  none';
  const rows = alerts.map((alert) => [`SEV-${alert.severity}`, alert.kind, ago(alert.openedAt), alert.message]);
  return table([], rows, width);
}
