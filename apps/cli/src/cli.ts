import type { RawEnvironment } from '@relay/config';
import type { Answer } from './answer.js';
import type { Paint } from './print/paint.js';

/** What every command is given: the world around it, and the one way to answer. */
export interface Cli {
  readonly env: RawEnvironment;
  /** For what is told while it comes; whatever has an end is an answer. */
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  readonly paint: Paint;
  /** Columns of the terminal; 80 where there is none. */
  readonly width: number;
  confirm(question: string): Promise<boolean>;
  askSecret(question: string): Promise<string>;
  readStdin(): Promise<string>;
  /** Carries out a command and prints its answer, or why there is none. */
  answer(options: OutputOptions, work: () => Promise<Answer>): Promise<void>;
}

export interface OutputOptions {
  readonly json?: boolean;
}

export interface ShopOptions extends OutputOptions {
  readonly shop?: string;
}

export interface ActorOptions extends ShopOptions {
  readonly as: string;
}
