import type { Command } from 'commander';
import type { WorkerAlive } from '@relay/ledger';
import { declareLedgerMoved, declareLedgerRestored, type Relay } from '@relay/operations';
import { Refused, type Answer } from '../answer.js';
import type { ActorOptions, Cli } from '../cli.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, mustConfirm, notBlank, yesOption } from '../options.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

interface DeclareOptions extends Omit<ActorOptions, 'shop'> {
  readonly reason: string;
  readonly yes?: boolean;
}

export function addLedger(program: Command, cli: Cli): void {
  const ledger = program
    .command('ledger')
    .description('What happened to the PostgreSQL database that keeps the record.');
  helpful(ledger, [
    'relay ledger restored --reason "disk lost, backup of 02:00"',
    'relay ledger moved --reason "fail-over"',
  ]);
  addRestored(ledger, cli);
  addMoved(ledger, cli);
}

function addRestored(ledger: Command, cli: Cli): void {
  const command = ledger
    .command('restored')
    .description(
      'It comes from a backup: what it does not know as sent may have been sent since. Stop all workers first.',
    )
    .requiredOption('--reason <text>', 'what happened, for the record', notBlank)
    .addOption(yesOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: DeclareOptions) =>
      cli.answer(options, async () => {
        const question = 'Put every order in doubt that this ledger does not know as sent?';
        await mustConfirm(cli, options, question);
        return withRelay(cli, (relay) => declare(cli, relay, options));
      }),
    );
  helpful(
    command,
    ['relay ledger restored --reason "disk lost, backup of 02:00"'],
    [
      'The orders in doubt are looked for at HFT71; what cannot be found out is held\nfor a person (relay orders held). Nothing of them is sent before.',
    ],
  );
}

async function declare(cli: Cli, relay: Relay, { as: actor, reason }: DeclareOptions): Promise<Answer> {
  const declared = withoutWorkers(await declareLedgerRestored(relay, { actor, reason }));
  const text = `The restore is declared. Orders in doubt now: ${declared.inDoubt}. Start the workers: they look for them at HFT71, and hold for a person what they cannot find out (relay orders held).`;
  return { json: { inDoubt: declared.inDoubt }, text: wrap(text, cli.width) };
}

function withoutWorkers<T extends { readonly kind: 'declared' }>(declared: T | WorkerAlive): T {
  if (!isWorkerAlive(declared)) return declared;
  throw new Refused({
    what: `a worker lives, and may be sending: ${declared.workers.join(', ')}`,
    toDo: 'stop all workers; one that was killed counts as living for 30 s after its last sign',
  });
}

function isWorkerAlive(declared: { readonly kind: string }): declared is WorkerAlive {
  return declared.kind === 'worker-alive';
}

function addMoved(ledger: Command, cli: Cli): void {
  const command = ledger
    .command('moved')
    .description('It is on another PostgreSQL cluster than before, and no commit was lost. Stop all workers first.')
    .requiredOption('--reason <text>', 'how you know, for the record', notBlank)
    .addOption(yesOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: DeclareOptions) =>
      cli.answer(options, async () => {
        const question = 'Nothing was lost: go on without looking for orders sent since the backup?';
        await mustConfirm(cli, options, question);
        return withRelay(cli, async (relay) => {
          withoutWorkers(await declareLedgerMoved(relay, { actor: options.as, reason: options.reason }));
          return { json: { moved: true }, text: 'Noted: the ledger is where it is now, and nothing was lost.' };
        });
      }),
    );
  helpful(command, ['relay ledger moved --reason "planned fail-over, the standby had everything"']);
}
