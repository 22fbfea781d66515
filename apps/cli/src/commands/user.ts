import { randomBytes } from 'node:crypto';
import { Option, type Command } from 'commander';
import { listUsers, removeUser, writeAudit } from '@relay/ledger';
import { createUser, ROLES, type Role } from '@relay/operations';
import { Refused } from '../answer.js';
import type { ActorOptions, Cli, OutputOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, notBlank } from '../options.js';
import { choosePassword } from '../password.js';
import { table } from '../print/table.js';
import { instant } from '../print/times.js';
import { withRelay } from '../with-relay.js';

interface AddOptions extends ActorOptions {
  readonly role: Role;
  readonly passwordStdin?: boolean;
}

export function addUser(program: Command, cli: Cli): void {
  const user = program.command('user').description('Who may log in to the Board and the admin API.');
  helpful(user, ['relay user add eve --role operator', 'relay user list', 'relay user remove eve']);
  addAdd(user, cli);
  addList(user, cli);
  addRemove(user, cli);
}

function addAdd(user: Command, cli: Cli): void {
  const command = user
    .command('add')
    .description('Add a user. On a terminal the password is asked for; else one is made and printed, once.')
    .argument('<name>', 'what the user logs in with', notBlank)
    .addOption(new Option('--role <role>', 'what the user may do').choices(ROLES).makeOptionMandatory())
    .option('--password-stdin', 'read the password from the first line of the input')
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((name: string, options: AddOptions) =>
      cli.answer(options, async () => {
        const { role, as: actor } = options;
        const chosen = await choosePassword(cli, options, () => randomBytes(15).toString('base64url'));
        const result = await withRelay(cli, (relay) =>
          createUser(relay, { name, role, password: chosen.password, actor }),
        );
        if (result === 'name-taken')
          throw new Refused({
            what: `there is a user ${name} already`,
            toDo: `another name, or first: relay user remove ${name}`,
          });
        const shown = chosen.made ? `\nPassword, shown this once: ${chosen.password}` : '';
        return {
          json: { name, role, ...(chosen.made ? { password: chosen.password } : {}) },
          text: `User ${name} is added as ${role}.${shown}`,
        };
      }),
    );
  helpful(command, [
    'relay user add eve --role operator',
    'relay user add eve --role viewer --password-stdin < password.txt',
  ]);
}

function addList(user: Command, cli: Cli): void {
  const command = user
    .command('list')
    .description('All users with their roles.')
    .addOption(jsonOption())
    .action((options: OutputOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async ({ ledger }) => {
          const users = await listUsers(ledger);
          const rows = users.map(({ name, role, createdAt }) => [name, role, instant(createdAt)]);
          const text =
            rows.length === 0
              ? 'No user yet: relay user add NAME --role admin'
              : table(['NAME', 'ROLE', 'ADDED'], rows, cli.width);
          return { json: users, text };
        }),
      ),
    );
  helpful(command, ['relay user list', 'relay user list --json']);
}

function addRemove(user: Command, cli: Cli): void {
  const command = user
    .command('remove')
    .description('Remove a user; an open log-in of theirs ends with its next request.')
    .argument('<name>', 'as relay user list shows it')
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((name: string, options: ActorOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async ({ ledger, settings }) => {
          if (!(await removeUser(ledger, name)))
            throw new Refused({ what: `there is no user ${name}`, toDo: 'relay user list shows them' });
          await writeAudit(ledger, { actor: options.as, action: 'user remove', subject: name });
          const comesBack =
            settings.admin?.user === name ? ' RELAY_ADMIN_USER still names it: the next start brings it back.' : '';
          return { json: { name, removed: true }, text: `User ${name} is removed.${comesBack}` };
        }),
      ),
    );
  helpful(command, ['relay user remove eve', 'relay user remove eve --as "Adam"']);
}
