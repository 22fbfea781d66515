import { settleStatusConflict } from '@relay/operations';
import type { Command } from 'commander';
import { Refused } from '../answer.js';
import type { ActorOptions, Cli } from '../cli.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, mustConfirm, notBlank, shopOption, yesOption } from '../options.js';
import { withRelay } from '../with-relay.js';

interface ConflictOptions extends ActorOptions {
  readonly reason: string;
  readonly yes?: boolean;
}

const ACTS = {
  accept: {
    description: 'Keep the status that a person set by hand in the shop, until HFT71’s is another.',
    told: 'stays as it is in the shop',
    example: 'refunded by phone',
  },
  overwrite: {
    description: 'Set HFT71’s status over the one that a person set by hand in the shop.',
    told: 'is written into the shop as HFT71 has it',
    example: 'completed by mistake',
  },
} as const;

/** `relay statuses accept` and `relay statuses overwrite`. */
export function addStatusConflicts(statuses: Command, cli: Cli): void {
  addAct(statuses, cli, 'accept');
  addAct(statuses, cli, 'overwrite');
}

function addAct(statuses: Command, cli: Cli, how: keyof typeof ACTS): void {
  const { description, told, example } = ACTS[how];
  const command = statuses
    .command(how)
    .description(description)
    .argument('<order>', 'the shop’s order number, its id, or HFT71’s id')
    .requiredOption('--reason <text>', 'why, for the record', notBlank)
    .addOption(shopOption());
  // The shop may write to its customer about a new status.
  if (how === 'overwrite') command.addOption(yesOption());
  command
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((wanted: string, options: ConflictOptions) =>
      cli.answer(options, async () => {
        if (how === 'overwrite') await mustConfirm(cli, options, `Set the status of order ${wanted} in the shop?`);
        return withRelay(cli, async (relay) => {
          const { shop, reason, as: actor } = options;
          const act = { wanted, actor, reason, ...(shop === undefined ? {} : { shopId: shop }) };
          const settled = await settleStatusConflict(relay, act, how);
          if (settled.kind === 'refused') throw new Refused(settled);
          const { conflict } = settled;
          return { json: { order: wanted, conflict }, text: `Order ${wanted} ${told} (${conflict}).` };
        });
      }),
    );
  helpful(command, [`relay statuses ${how} 1001 --reason "${example}"`]);
}
