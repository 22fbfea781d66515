import type { OrderView } from '@relay/ledger';
import { orderToSend, sendAsTest, smoke, type SmokeStep } from '@relay/operations';
import type { Command } from 'commander';
import { Refused } from '../answer.js';
import { chosenShop } from '../chosen-shop.js';
import type { ActorOptions, Cli } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, mustConfirm, notBlank, shopOption, yesOption } from '../options.js';
import { progressLine } from '../print/progress-line.js';
import { table } from '../print/table.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

interface SmokeOptions extends ActorOptions {
  readonly send?: string;
  readonly yes?: boolean;
}

/** A write-back is part of it. */
const PATIENCE_MS = 120_000;

export function addSmoke(program: Command, cli: Cli): void {
  const command = program
    .command('smoke')
    .description('Test order, stock and webhook end to end. Sends no order, unless --send names one.')
    .option('--send <order>', 'hand this order over for real, by the ordinary way', notBlank)
    .addOption(shopOption())
    .addOption(yesOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: SmokeOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shop = chosenShop(relay, options.shop);
          const wanted = options.send === undefined ? null : await orderToSend(relay, options.send, shop.id);
          if (wanted?.kind === 'refused') throw new Refused(wanted);
          if (wanted !== null)
            await mustConfirm(
              cli,
              options,
              `Send order ${wanted.order.number} to ${shop.settings.hft71.baseUrl}, to be made for real?`,
            );
          const line = progressLine(cli);
          const steps = await smoke(relay, shop, ({ name }) => line.show(`${name} …`)).finally(line.clear);
          if (wanted !== null && steps.every(({ ok }) => ok)) {
            line.show(`order ${wanted.order.number} is on its way …`);
            const startedAt = performance.now();
            const sent = await sendAsTest(relay, wanted.order, { actor: options.as, patienceMs: PATIENCE_MS }).finally(
              line.clear,
            );
            steps.push({
              name: `order: send ${wanted.order.number}`,
              durationMs: Math.round(performance.now() - startedAt),
              ...(sent.kind === 'sent'
                ? { ok: true, found: `HFT71’s id ${sent.hft71OrderId ?? '?'}, shown in the shop`, toDo: null }
                : { ok: false, found: sent.what, toDo: sent.toDo }),
            });
          }
          const ok = steps.every((step) => step.ok);
          const left = steps.some(({ name }) => name.startsWith('order: send')) ? null : (wanted?.order ?? null);
          return {
            json: { shop: shop.id, ok, steps },
            text: smokeText(steps, left, cli),
            exitCode: ok ? EXIT.ok : EXIT.failed,
          };
        }),
      ),
    );
  helpful(
    command,
    ['relay smoke', 'relay smoke --json', 'relay smoke --send 1042'],
    [
      'The webhook is told of a status as relay webhook test does: it leaves nothing\nbehind, and does not count as heard of HFT71. --send takes an order that is\nready, or releases one that a person holds, and waits until its id is in the\nshop.',
    ],
  );
}

/** @param left the order that was to be sent, and was not touched. */
function smokeText(steps: readonly SmokeStep[], left: OrderView | null, { paint, width }: Cli): string {
  const rows = steps.map(({ name, ok, found, durationMs }) => [
    ok ? paint.green('✓') : paint.red('✗'),
    name,
    `${durationMs} ms`,
    found,
  ]);
  const toDo = steps.flatMap((step) =>
    step.toDo === null ? [] : [wrap(`What to do (${step.name}): ${step.toDo}`, width)],
  );
  return [table([], rows, width), ...toDo, ...(left === null ? [] : [paint.yellow(leftText(left))])].join('\n');
}

function leftText({ number, state }: OrderView): string {
  return state === 'held'
    ? `Order ${number} was not released, since the tests before it failed.`
    : `The tests before it failed. Order ${number} goes by itself all the same: relay orders hold ${number} keeps it back.`;
}
