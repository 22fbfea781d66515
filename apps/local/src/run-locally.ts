import { EXIT_CODES, readEnvironment, SettingsError } from '@relay/config';
import { projectFile } from './child-program.js';
import { readCommandLine, UsageError } from './command-line.js';
import { CannotStart, House } from './house.js';
import { runReal } from './real-world.js';
import { runSandbox } from './sandbox-world.js';
import { createSay } from './say.js';
import { whichWorld } from './which-world.js';

/** The relay on one machine: against the sandbox, or against the shop and the HFT71 of `.env`. @returns the exit code. */
export async function runLocally(args: readonly string[]): Promise<number> {
  let house: House | null = null;
  try {
    const command = readCommandLine(args);
    const say = createSay(command.json);
    const environment = readEnvironment(projectFile('.'));
    const world = whichWorld(environment);
    if (typeof world === 'object') {
      say.problem(world.refused);
      return EXIT_CODES.config;
    }
    if (world === 'real' && command.once)
      throw new UsageError(
        '--once ends when the sandbox’s orders are back, and .env names a real shop: start without --once.',
      );

    house = new House(say, world === 'real' ? projectFile('.relay/data') : null);
    const stopped = onStopSignal(say);
    const run =
      world === 'real'
        ? runReal(house, say, environment, stopped)
        : runSandbox(house, say, environment, command, stopped);
    return await run;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof SettingsError || error instanceof CannotStart)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error instanceof UsageError
      ? EXIT_CODES.usage
      : error instanceof SettingsError
        ? EXIT_CODES.config
        : EXIT_CODES.failed;
  } finally {
    await house?.close();
  }
}

/** Resolves at the first Ctrl-C; a second one says that the end is being worked on. */
function onStopSignal(say: { line(text: string): void }): Promise<'stopped'> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = () => {
      say.line(asked ? 'Still stopping: calls in flight end first.' : 'Stopping …');
      asked = true;
      resolve('stopped');
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    process.on('SIGHUP', stop);
  });
}
