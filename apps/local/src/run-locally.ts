import { EXIT_CODES, readEnvironment, SettingsError } from '@relay/config';
import { projectFile } from './child-program.js';
import { readCommandLine, UsageError } from './command-line.js';
import { CannotStart, House } from './house.js';
import { runReal } from './real-world.js';
import { runSandbox } from './sandbox-world.js';
import { createSay } from './say.js';
import { Stopped } from './unless-stopped.js';
import { whichWorld } from './which-world.js';

const EXIT_GRACE_MS = 1_000;

/** The relay on one machine: against the sandbox, or against the shop and the HFT71 of `.env`. @returns the exit code. */
export async function runLocally(args: readonly string[]): Promise<number> {
  let house: House | null = null;
  let stop: AbortSignal | null = null;
  let isOnce = false;
  try {
    const command = readCommandLine(args);
    isOnce = command.once;
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

    stop = onStopSignal(say);
    house = new House(say, world === 'real' ? projectFile('.relay/data') : null, stop);
    return await (world === 'real'
      ? runReal(house, say, environment, stop)
      : runSandbox(house, say, environment, command));
  } catch (error) {
    const { code, message } = endOf(error, isOnce);
    if (message !== null) process.stderr.write(`${message}\n`);
    return code;
  } finally {
    await house?.close();
    // An answer that is still awaited, as a slow shop's at the start, would keep this program for as long.
    if (stop?.aborted === true) setTimeout(() => process.exit(), EXIT_GRACE_MS).unref();
  }
}

/** Ctrl-C is how a run without an end ends; `--once` then has not done what it was started for. */
function endOf(error: unknown, isOnce: boolean): { code: number; message: string | null } {
  if (error instanceof Stopped) return { code: isOnce ? EXIT_CODES.failed : EXIT_CODES.ok, message: null };
  if (error instanceof UsageError) return { code: EXIT_CODES.usage, message: error.message };
  if (error instanceof SettingsError) return { code: EXIT_CODES.config, message: error.message };
  if (error instanceof CannotStart) return { code: EXIT_CODES.failed, message: error.message };
  throw error;
}

/** Aborted at the first Ctrl-C; a second one says that the end is being worked on. */
function onStopSignal(say: { line(text: string): void }): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    say.line(controller.signal.aborted ? 'Still stopping: calls in flight end first.' : 'Stopping …');
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', stop);
  return controller.signal;
}
