import type { Command } from 'commander';
import type { OrderView } from '@relay/ledger';
import { findOrder, readEvidence, type Evidence } from '@relay/operations';
import { Refused } from '../answer.js';
import type { Cli, ShopOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { nextStep, type NextStep } from '../next-step.js';
import { jsonOption, shopOption } from '../options.js';
import { attemptsText, evidenceText } from '../print/evidence.js';
import { orderName } from '../print/order-name.js';
import { table } from '../print/table.js';
import { age, instant, span } from '../print/times.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

export function addOrdersShow(orders: Command, cli: Cli): void {
  const command = orders
    .command('show')
    .description('One order with all evidence, and what to do next.')
    .argument('<order>', 'the shop’s order number, its id, or HFT71’s id; a reprint as 1001-R2')
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((wanted: string, options: ShopOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const found = await findOrder(relay, wanted, options.shop);
          if (found.kind === 'refused') throw new Refused(found);
          const evidence = await readEvidence(relay, found.order);
          const next = nextStep(found.order, askedFor(wanted, options.shop), found.order.shopMode === 'live');
          const commands = next.commands.map(({ when, line }) => ({ when, line: line.join(' ') }));
          return {
            json: { ...found.order, ...evidence, next: { advice: next.advice, commands } },
            text: orderText(found.order, evidence, next, cli),
          };
        }),
      ),
    );
  helpful(command, [
    'relay orders show 1001',
    'relay orders show 88001 --json',
    'relay orders show 1001-R2 --shop main',
  ]);
}

function askedFor(wanted: string, shop: string | undefined): string {
  const plain = wanted.trim().replace(/^#/, '');
  const quoted = /^[\w.,:/@+-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", `'\\''`)}'`;
  return shop === undefined ? quoted : `${quoted} --shop ${shop}`;
}

function orderText(order: OrderView, evidence: Evidence, next: NextStep, cli: Cli): string {
  const { paint, width } = cli;
  return [
    paint.bold(`Order ${orderName(order)}`) + ` (shop ${order.shopId}, id ${order.orderId})`,
    table([], fields(order), width),
    '',
    paint.bold('Attempts'),
    attemptsText(order.attempts),
    ...evidenceText(evidence, order, cli),
    '',
    paint.bold('What to do'),
    wrap(next.advice, width, '  '),
    ...next.commands.flatMap(({ when, line }) => ['', `  ${when}:`, commandText(line, cli)]),
  ].join('\n');
}

function fields(order: OrderView): string[][] {
  const reason = order.reason === null ? '' : ` (${order.reason})`;
  const since = order.stateSince === null ? '' : `, for ${age(order.stateSince)}`;
  const all: [string, string | null][] = [
    ['state', order.state === null ? 'not to be sent' : `${order.state}${reason}${since}`],
    ['detail', order.detail],
    ['in the shop', order.shopStatus + (order.shopHft71Id === null ? '' : `, shows the HFT71 id ${order.shopHft71Id}`)],
    ['its id', order.identityChanged ? 'the shop uses it for another order now (order-identity-changed)' : null],
    ['reference', order.reference],
    ['HFT71’s id', order.hft71OrderId],
    ['in doubt since', order.doubtSince === null ? null : `${instant(order.doubtSince)} (${age(order.doubtSince)})`],
    ['settle until', order.settleUntil === null ? null : settleText(order.settleUntil)],
    ['cancellation', order.cancelRequested ? 'the shop cancelled it meanwhile: it is not sent again' : null],
    ['not before', notBeforeText(order)],
    ['failures', order.failures === 0 ? null : `${order.failures}, the last: ${order.lastFailure ?? 'unknown'}`],
    ['write-back', writeBackText(order)],
    ['attempt token', order.token ?? 'none'],
  ];
  return all.filter((field): field is [string, string] => field[1] !== null);
}

/** Of interest only while it keeps the order from going. */
function notBeforeText({ state, notBefore }: OrderView): string | null {
  const waits = state === 'waiting' || state === 'ready';
  return waits && notBefore !== null && notBefore.getTime() > Date.now() ? instant(notBefore) : null;
}

function settleText(until: Date): string {
  const leftMs = until.getTime() - Date.now();
  return `${instant(until)} (${leftMs > 0 ? `in ${span(leftMs)}` : 'over'})`;
}

function writeBackText({ writeBackState, writeBackFailure }: OrderView): string | null {
  if (writeBackState === null) return null;
  return writeBackFailure === null ? writeBackState : `${writeBackState}, the last failure: ${writeBackFailure}`;
}

/** On a terminal broken so that it fits and can still be copied; for a script in one line. */
function commandText([start, rest]: NextStep['commands'][number]['line'], { isTerminal, width }: Cli): string {
  const line = `    ${start} ${rest}`;
  return isTerminal && line.length > width ? `    ${start} \\\n      ${rest}` : line;
}
