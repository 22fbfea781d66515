import type { Command } from 'commander';
import {
  dropReprint,
  holdOrder,
  releaseOrder,
  reprint,
  resolveUpdates,
  type OrderAct,
  type Refusal,
  type Relay,
} from '@relay/operations';
import { Refused, type Answer } from '../answer.js';
import type { ActorOptions, Cli } from '../cli.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, mustConfirm, notBlank, shopOption, yesOption } from '../options.js';
import { withRelay } from '../with-relay.js';

interface SteerOptions extends ActorOptions {
  readonly reason: string;
  readonly yes?: boolean;
  readonly drop?: true;
}

/** Acts on one order that a person wants, whatever the relay would do by itself. */
export function addOrdersSteer(orders: Command, cli: Cli): void {
  addHold(orders, cli);
  addRelease(orders, cli);
  addReprint(orders, cli);
  addUpdate(orders, cli, 'done');
  addUpdate(orders, cli, 'again');
}

function addHold(orders: Command, cli: Cli): void {
  const command = steer(orders, 'hold', 'Keep an order that still waits from being sent, until a person releases it.')
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((wanted: string, options: SteerOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const { state, leftCampaigns } = accepted(await holdOrder(relay, act(wanted, options)));
          const text =
            leftCampaigns.length > 0
              ? `Order ${wanted} stays ${state}: campaign ${leftCampaigns.join(', ')} passes it over.`
              : `Order ${wanted} is held. It goes again with: relay orders release ${wanted}${shopFlag(options)} --reason "WHY"`;
          return { json: { order: wanted, state, leftCampaigns }, text };
        }),
      ),
    );
  helpful(command, ['relay orders hold 1002 --reason "the customer calls back"']);
}

function addRelease(orders: Command, cli: Cli): void {
  const command = steer(orders, 'release', 'Let an order go that a person or the deadline holds.')
    .addOption(yesOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((wanted: string, options: SteerOptions) =>
      cli.answer(options, () =>
        sending(cli, options, `Send order ${wanted}?`, async (relay) => {
          const { state } = accepted(await releaseOrder(relay, act(wanted, options)));
          const text =
            state === 'cancelled'
              ? `Order ${wanted} is cancelled: the shop cancelled it meanwhile, so it is not sent.`
              : `Order ${wanted} is ${state}: it is sent as soon as its shop is live and HFT71 takes orders.`;
          return { json: { order: wanted, state }, text };
        }),
      ),
    );
  helpful(command, ['relay orders release 1002 --reason "the address is right"']);
}

function addReprint(orders: Command, cli: Cli): void {
  const command = steer(orders, 'reprint', 'Have HFT71 make an order once more that it has: a second production order.')
    .option('--drop', 'take back one that HFT71 surely does not have yet')
    .addOption(yesOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((wanted: string, options: SteerOptions) =>
      cli.answer(options, () => {
        if (options.drop === true) return drop(cli, wanted, options);
        return sending(cli, options, `Have HFT71 make and ship order ${wanted} once more?`, async (relay) => {
          const { reference } = accepted(await reprint(relay, act(wanted, options)));
          const text = `Order ${wanted} is made once more, under the reference ${reference}: relay orders show ${reference}${shopFlag(options)}`;
          return { json: { order: wanted, reference }, text };
        });
      }),
    );
  helpful(command, [
    'relay orders reprint 1001 --reason "damaged on its way"',
    'relay orders reprint 1001 --drop --reason "the wrong order"',
  ]);
}

/** Nothing is sent by it, so nobody is asked. */
function drop(cli: Cli, wanted: string, options: SteerOptions): Promise<Answer> {
  return withRelay(cli, async (relay) => {
    const { reference } = accepted(await dropReprint(relay, act(wanted, options)));
    return { json: { order: wanted, reference, state: 'cancelled' }, text: `The reprint ${reference} is not made.` };
  });
}

const UPDATE = {
  done: {
    description:
      'An edit or a cancellation that HFT71 was not told: a person has done it there, or it need not be done.',
    question: null, // nothing is sent
    told: 'is noted as done',
    example: 'cancelled in HFT71’s own console',
  },
  again: {
    description: 'An edit or a cancellation that HFT71 refused: tell it once more.',
    question: (wanted: string) => `Tell HFT71 once more what was changed of order ${wanted}?`,
    told: 'is told to HFT71 once more',
    example: 'HFT71 has mended its address check',
  },
} as const;

function addUpdate(orders: Command, cli: Cli, how: 'done' | 'again'): void {
  const { description, question, told, example } = UPDATE[how];
  const command = steer(orders, `update-${how}`, description);
  if (question !== null) command.addOption(yesOption());
  command
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((wanted: string, options: SteerOptions) =>
      cli.answer(options, () =>
        sending(cli, options, question?.(wanted) ?? null, async (relay) => {
          const { updates } = accepted(await resolveUpdates(relay, act(wanted, options), how));
          return { json: { order: wanted, updates }, text: `The held update of order ${wanted} ${told}.` };
        }),
      ),
    );
  helpful(command, [`relay orders update-${how} 1001 --reason "${example}"`]);
}

function steer(orders: Command, name: string, description: string): Command {
  return orders
    .command(name)
    .description(description)
    .argument('<order>', 'the shop’s order number, its id, or HFT71’s id; a reprint as 1001-R2')
    .requiredOption('--reason <text>', 'why, for the record', notBlank)
    .addOption(shopOption());
}

function act(wanted: string, { shop, reason, as: actor }: SteerOptions): OrderAct {
  return { wanted, actor, reason, ...(shop === undefined ? {} : { shopId: shop }) };
}

/** What found the order finds it again. */
function shopFlag({ shop }: SteerOptions): string {
  return shop === undefined ? '' : ` --shop ${shop}`;
}

async function sending(
  cli: Cli,
  options: SteerOptions,
  question: string | null,
  work: (relay: Relay) => Promise<Answer>,
): Promise<Answer> {
  if (question !== null) await mustConfirm(cli, options, question);
  return withRelay(cli, work);
}

function accepted<T extends { readonly kind: string }>(result: T | Refusal): T {
  if (isRefusal(result)) throw new Refused(result);
  return result;
}

function isRefusal(result: { readonly kind: string }): result is Refusal {
  return result.kind === 'refused';
}
