import { Refused } from './answer.js';
import type { Cli } from './cli.js';

/** As RELAY_ADMIN_PASSWORD. */
const SHORTEST = 10;

export interface ChosenPassword {
  readonly password: string;
  /** Made here, so it has to be printed. */
  readonly made: boolean;
}

/** From the input, from a person who types it twice, or made at random. Never from the command line: others see that. */
export async function choosePassword(
  cli: Cli,
  { passwordStdin }: { passwordStdin?: boolean },
  makeOne: () => string,
): Promise<ChosenPassword> {
  if (passwordStdin === true) return checked(await firstLine(cli));
  if (!cli.isTerminal) return { password: makeOne(), made: true };
  return checked(await typedTwice(cli));
}

/** One that somebody else chose: any but an empty one, and never made here. */
export async function givenPassword(cli: Cli, { passwordStdin }: { passwordStdin?: boolean }): Promise<string> {
  if (passwordStdin !== true && !cli.isTerminal)
    throw new Refused({ what: 'there is no terminal to ask for the password on', toDo: 'say --password-stdin' });
  const password = passwordStdin === true ? await firstLine(cli) : await typedTwice(cli);
  if (password === '') throw new Refused({ what: 'the password is empty', toDo: 'give the one that HFT71 gave you' });
  return password;
}

async function firstLine(cli: Cli): Promise<string> {
  return (await cli.readStdin()).split(/\r?\n/)[0] ?? '';
}

async function typedTwice(cli: Cli): Promise<string> {
  const password = await cli.askSecret('Password: ');
  if ((await cli.askSecret('Once more: ')) !== password)
    throw new Refused({ what: 'the two passwords differ', toDo: 'type the same one twice' });
  return password;
}

function checked(password: string): ChosenPassword {
  if (password.length < SHORTEST)
    throw new Refused({ what: 'the password is too short', toDo: `choose one of at least ${SHORTEST} characters` });
  return { password, made: false };
}
