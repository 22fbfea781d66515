import { CommanderError } from 'commander';
import type { RawEnvironment } from '@relay/config';
import type { Cli } from './cli.js';
import { EXIT } from './exit-codes.js';
import { failureOf } from './failure.js';
import { createPaint } from './print/paint.js';
import { writeAnswer, writeFailure } from './print/write.js';
import { createProgram } from './program.js';

export interface RunOptions {
  readonly env: RawEnvironment;
  readonly stdout: NodeJS.WritableStream & { readonly columns?: number };
  readonly stderr: NodeJS.WritableStream;
  /** Whether a person sits there: colours, progress and questions only then. */
  readonly isTerminal: boolean;
  confirm(question: string): Promise<boolean>;
  askSecret?(question: string): Promise<string>;
  readStdin?(): Promise<string>;
}

/** The program without its process. @returns the exit code. */
export async function runRelay(argv: readonly string[], options: RunOptions): Promise<number> {
  let exitCode: number = EXIT.ok;
  const { env, stdout, stderr, isTerminal } = options;
  const cli: Cli = {
    env,
    stdout,
    stderr,
    isTerminal,
    paint: createPaint(isTerminal && !env['NO_COLOR']),
    width: (isTerminal ? stdout.columns : undefined) ?? 80,
    confirm: (question) => options.confirm(question),
    askSecret: (question) => options.askSecret?.(question) ?? Promise.resolve(''),
    readStdin: () => options.readStdin?.() ?? Promise.resolve(''),
    answer: async (output, work) => {
      try {
        const answer = await work();
        exitCode = answer.exitCode ?? EXIT.ok;
        writeAnswer(answer, output, stdout);
      } catch (error) {
        const failure = failureOf(error);
        exitCode = failure.exitCode;
        writeFailure(failure, output, { stdout, stderr, cli, cause: error });
      }
    },
  };
  try {
    await createProgram(cli, { stdout, stderr }).parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage; // commander ends with 1 whatever the fault
  }
}
