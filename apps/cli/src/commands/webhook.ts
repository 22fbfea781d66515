import { checkWebhooks, testWebhooks, type WebhookState, type WebhookTest } from '@relay/operations';
import type { Command } from 'commander';
import { Refused } from '../answer.js';
import { chosenShop } from '../chosen-shop.js';
import type { Cli, ShopOptions } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { helpful } from '../helpful.js';
import { jsonOption, shopOption } from '../options.js';
import { findingText } from '../print/findings.js';
import { table } from '../print/table.js';
import { ago, span } from '../print/times.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';
import { addRotate } from './webhook-rotate.js';

interface TestOptions extends ShopOptions {
  readonly order?: string;
}

export function addWebhook(program: Command, cli: Cli): void {
  const webhook = program.command('webhook').description('The webhooks of the shop and of HFT71, which lead here.');
  helpful(webhook, ['relay webhook check', 'relay webhook test', 'relay webhook rotate --shop-side']);
  addCheck(webhook, cli);
  addTest(webhook, cli);
  addRotate(webhook, cli);
}

function addCheck(webhook: Command, cli: Cli): void {
  const command = webhook
    .command('check')
    .description('Are they there, active, with the right address; what came lately, what was refused.')
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: ShopOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shop = chosenShop(relay, options.shop);
          const state = await checkWebhooks(relay, shop);
          const isWell = state.findings.every((finding) => finding.state !== 'failed');
          return {
            json: { shop: shop.id, ok: isWell, ...state },
            text: checkText(state, cli),
            exitCode: isWell ? EXIT.ok : EXIT.failed,
          };
        }),
      ),
    );
  helpful(command, ['relay webhook check', 'relay webhook check --shop main --json']);
}

function checkText(state: WebhookState, cli: Cli): string {
  const { paint, width } = cli;
  const { shopWebhooks, deliveries, findings, hft71Url, shopUrl } = state;
  const none = 'RELAY_PUBLIC_URL is not set';
  const hooks = (shopWebhooks ?? []).map(({ id, topic, status, deliveryUrl }) => [
    String(id),
    topic,
    status === 'active' ? paint.green(status) : paint.red(status),
    deliveryUrl,
  ]);
  const heard = (at: Date | null, refusedAt: Date | null, refused: number) => [
    ['last taken in', ago(at)],
    ['refused today', `${refused}${refusedAt === null ? '' : `, the last ${ago(refusedAt)}`}`],
  ];
  const sections = [
    `${paint.bold('The shop’s')} (${shopUrl ?? none})`,
    ...(hooks.length === 0 ? [] : [table(['ID', 'TOPIC', 'STATE', 'LEADS TO'], hooks, width)]),
    ...(deliveries === null
      ? []
      : [table([], heard(deliveries.shopHeardAt, deliveries.shopRefusedAt, deliveries.shopRefusedToday), width)]),
    '',
    `${paint.bold('HFT71’s')} (${hft71Url ?? none})`,
    ...(deliveries === null
      ? []
      : [
          table(
            [],
            [
              ['secret', state.hft71HasSecret ? 'set' : 'not set: every call is refused'],
              ...heard(deliveries.hft71HeardAt, deliveries.hft71RefusedAt, deliveries.hft71RefusedToday),
            ],
            width,
          ),
        ]),
    ...rotationsText(state, cli),
    '',
    findings.length === 0
      ? paint.green('Nothing is wrong.')
      : findings.map((each) => findingText(each, cli)).join('\n\n'),
  ];
  return sections.join('\n');
}

function rotationsText({ rotations }: WebhookState, { paint, width }: Cli): string[] {
  return rotations.map(({ side, previousForMs }) =>
    previousForMs === null
      ? paint.yellow(wrap(`The rotation of the ${side} side was broken off: run it again.`, width, '  '))
      : `  The secret before is taken for another ${span(previousForMs)} on the ${side} side.`,
  );
}

function addTest(webhook: Command, cli: Cli): void {
  const command = webhook
    .command('test')
    .description('Deliver to our own address as HFT71 and as the shop do, and see what comes back. Changes nothing.')
    .option('--order <order>', 'tell an order that HFT71 has: then the answer has to be a success')
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: TestOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shop = chosenShop(relay, options.shop);
          const tested = await testWebhooks(relay, shop, { order: options.order });
          if (tested.kind === 'refused') throw new Refused(tested);
          const { tests } = tested;
          const allOk = tests.every(({ ok }) => ok);
          return {
            json: { shop: shop.id, ok: allOk, tests },
            text: tests.map((test) => testText(test, cli)).join('\n'),
            exitCode: allOk ? EXIT.ok : EXIT.failed,
          };
        }),
      ),
    );
  helpful(command, ['relay webhook test', 'relay webhook test --order 1001', 'relay webhook test --json']);
}

function testText({ whose, url, ok, what, toDo }: WebhookTest, { paint, width }: Cli): string {
  const name = whose === 'shop' ? 'The shop’s webhook' : 'HFT71’s webhook';
  const line = wrap(`${ok ? '✓' : '✗'} ${name} ${what}`, width);
  return [
    ok ? paint.green(line) : paint.red(line),
    paint.dim(wrap(url, width, '  ')),
    ...(toDo === null ? [] : [wrap(`What to do: ${toDo}`, width, '  ')]),
  ].join('\n');
}
