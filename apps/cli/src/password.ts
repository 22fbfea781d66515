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
  if (passwordStdin === true) return checked((await cli.readStdin()).split(/\r?\n/)[0] ?? '');
  if (!cli.isTerminal) return { password: makeOne(), made: true };
  const password = await cli.askSecret('Password: ');
  if ((await cli.askSecret('Once more: ')) !== password)
    throw new Refused({ what: 'the two passwords differ', toDo: 'type the same one twice' });
  return checked(password);
}

function checked(password: string): ChosenPassword {
  if (password.length < SHORTEST)
    throw new Refused({ what: 'the password is too short', toDo: `choose one of at least ${SHORTEST} characters` });
  return { password, made: false };
}
