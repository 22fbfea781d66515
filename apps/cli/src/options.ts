import { userInfo } from 'node:os';
import { InvalidArgumentError, Option } from 'commander';
import { Refused } from './answer.js';
import type { Cli } from './cli.js';

export const jsonOption = () => new Option('--json', 'one JSON document instead of text');
export const shopOption = () => new Option('--shop <id>', 'which shop, where there are several');
export const yesOption = () => new Option('--yes', 'do not ask');
export const actorOption = () =>
  new Option('--as <name>', 'who does it, for the record')
    .argParser(notBlank)
    .default(operatingUser(), 'your user here');

export function notBlank(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It may not be empty.');
  return text.trim();
}

function operatingUser(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // a container may run under an id without a name
  }
}

/** What sends, or changes what is sent, is never done by a slip of the hand or of a script. */
export async function mustConfirm(cli: Cli, { yes }: { yes?: boolean }, question: string): Promise<void> {
  if (yes === true) return;
  if (!cli.isTerminal)
    throw new Refused({ what: 'this needs a yes, and there is no terminal to ask on', toDo: 'say it with --yes' });
  if (!(await cli.confirm(question)))
    throw new Refused({ what: 'nothing was changed', toDo: 'answer y, or say --yes, to go on' });
}
