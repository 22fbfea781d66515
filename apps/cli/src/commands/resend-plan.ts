import { readFile } from 'node:fs/promises';
import { CALL_ERRORS } from '@relay/ledger';
import { planResend, type AskedSelection, type ResendPlan } from '@relay/operations';
import { Option, type Command } from 'commander';
import { Refused } from '../answer.js';
import { chosenShop } from '../chosen-shop.js';
import type { ActorOptions, Cli } from '../cli.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, shopOption } from '../options.js';
import { estimateText } from '../print/campaign.js';
import { table } from '../print/table.js';
import { age } from '../print/times.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

interface PlanOptions extends ActorOptions {
  readonly from?: string;
  readonly to?: string;
  readonly state?: string[];
  readonly because?: string[];
  readonly error?: string[];
  readonly action?: string[];
  readonly httpStatus?: string[];
  readonly status?: string[];
  readonly sku?: string[];
  readonly orders?: string[];
  readonly csv?: string;
}

export function addResendPlan(resend: Command, cli: Cli): void {
  const errors = Object.entries(CALL_ERRORS).map(([name, what]) => `${name} (${what})`);
  const command = resend
    .command('plan')
    .description('Which orders a campaign would send, and what becomes of the others. Nothing is sent.')
    .option('--from <time>', 'created, tried or come to their state since: 2026-11-23 (UTC) or 2026-11-23T10:00+01:00')
    .option('--to <time>', 'and before; a plain date is that whole day')
    .addOption(listOption('--state <states>', 'their state: rejected, held, …'))
    .addOption(
      listOption('--because <reasons>', 'why they are held or refused: mapping, deadline, http-422, person, …'),
    )
    .addOption(listOption('--error <classes>', `calls to HFT71 about them that failed so: ${errors.join(', ')}`))
    .addOption(listOption('--action <actions>', 'failed calls of these actions: send_order, …'))
    .addOption(listOption('--http-status <codes>', 'calls that ended so; 0 for no answer'))
    .addOption(listOption('--status <statuses>', 'their status in the shop: processing, …'))
    .addOption(listOption('--sku <skus>', 'with one of these SKUs'))
    .addOption(listOption('--orders <numbers>', 'the shop’s order numbers, or its ids'))
    .option('--csv <file>', 'the same from a file, one a line or in a column headed “order”; - reads stdin')
    .addOption(shopOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: PlanOptions) =>
      cli.answer(options, async () => {
        const csv = options.csv === undefined ? undefined : await csvOf(cli, options.csv);
        return withRelay(cli, async (relay) => {
          const shop = chosenShop(relay, options.shop);
          const plan = await planResend(relay, shop, { ...selectionOf(options), csv }, { actor: options.as });
          if (plan.kind === 'refused') throw new Refused(plan);
          return { json: plan, text: planText(plan, cli) };
        });
      }),
    );
  helpful(
    command,
    [
      'relay resend plan --from 2026-11-23T10:00Z --to 2026-11-23T12:00Z',
      'relay resend plan --state rejected --error outage,transport',
      'relay resend plan --csv orders.csv --json',
    ],
    [
      'All that is given has to hold; lists are written with commas.\nWith --error, --action or --http-status the times are those of the calls.',
      'What a person holds is sent only with --because person.',
    ],
  );
}

function listOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: string[] = []) => [
    ...before,
    ...text.split(','),
  ]);
}

function selectionOf(options: PlanOptions): AskedSelection {
  return {
    from: options.from,
    to: options.to,
    states: options.state,
    reasons: options.because,
    errors: options.error,
    actions: options.action,
    httpStatuses: options.httpStatus,
    shopStatuses: options.status,
    skus: options.sku,
    orders: options.orders,
  };
}

async function csvOf(cli: Cli, path: string): Promise<string | Uint8Array> {
  if (path === '-') return cli.readStdin();
  try {
    return await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new Refused({
      what: `the file ${path} cannot be read (${code})`,
      toDo: 'look at its name and its rights; - reads stdin',
    });
  }
}

function planText(plan: ResendPlan, { paint, width }: Cli): string {
  const { parts, reasons, sample, unknownNumbers, notes } = plan;
  return [
    ...notes.map((note) => wrap(`Note: ${note}.`, width)),
    paint.bold(`${plan.orders} orders match; ${plan.toSend} of them would be sent.`),
    '',
    table(
      ['ORDERS', 'STATE', 'REASON', 'WHAT BECOMES OF THEM'],
      reasons.map((row) => [String(row.orders), row.state, row.reason ?? '', row.part]),
      width,
    ),
    '',
    ...parts.flatMap(({ part, orders, settledBy, numbers }) => [
      `${paint.bold(part)}: ${orders}`,
      wrap(settledBy, width, '  '),
      ...(part === 're-arm' ? [] : [wrap(`${numbers.join(', ')}${orders > numbers.length ? ', …' : ''}`, width, '  ')]),
    ]),
    ...(plan.hft71s === plan.orders ? [] : ['', `${plan.hft71s} of ${plan.orders} are HFT71’s at all.`]),
    ...(unknownNumbers.length === 0
      ? []
      : [
          '',
          paint.yellow(
            wrap(
              `Numbers that no order of this shop has (${unknownNumbers.length}): ${unknownNumbers.slice(0, 20).join(', ')}${unknownNumbers.length > 20 ? ', …' : ''}`,
              width,
            ),
          ),
        ]),
    ...(sample.length === 0
      ? []
      : [
          '',
          paint.bold('A sample of what would be sent'),
          table(
            ['NUMBER', 'ID', 'STATE', 'SINCE', 'WHY'],
            sample.map(({ number, orderId, state, reason, detail, since }) => [
              number,
              String(orderId),
              `${state ?? ''}: ${reason ?? ''}`,
              since === null ? '' : age(since),
              detail ?? '',
            ]),
            width,
          ),
        ]),
    '',
    ...(plan.campaignId === null
      ? ['There is nothing to send: no campaign was made.']
      : [
          wrap(estimateText(plan.estimate), width),
          `It is campaign ${plan.campaignId}. Nothing of it is sent before:`,
          `  relay resend start ${plan.campaignId} --reason "WHY"`,
        ]),
  ].join('\n');
}
