import { types } from 'node:util';
import type { Answer } from '../answer.js';
import type { Cli, OutputOptions } from '../cli.js';
import type { Failure } from '../failure.js';
import { wrap } from './wrap.js';

export function writeAnswer(answer: Answer, { json }: OutputOptions, stdout: NodeJS.WritableStream): void {
  if (answer.isWritten === true) return;
  stdout.write(json === true ? document(answer.json) : `${answer.text}\n`);
}

/** For a script one document on stdout, as every answer is; for a person on stderr. */
export function writeFailure(
  failure: Failure,
  { json }: OutputOptions,
  on: { stdout: NodeJS.WritableStream; stderr: NodeJS.WritableStream; cli: Cli; cause: unknown },
): void {
  if (json === true) on.stdout.write(document(failure));
  else on.stderr.write(`${failureText(failure, on.cli)}\n`);
  if (failure.kind === 'failed' && on.cli.env['LOG_LEVEL'] === 'debug' && types.isNativeError(on.cause))
    on.stderr.write(`${on.cause.stack ?? ''}\n`);
}

const TITLES: Readonly<Record<Failure['kind'], string>> = {
  refused: 'Refused: ',
  settings: '',
  unavailable: 'Away: ',
  failed: 'Failed: ',
};

function failureText({ kind, advice }: Failure, { paint, width }: Cli): string {
  return advice
    .map(
      ({ what, toDo }) => `${paint.red(wrap(`${TITLES[kind]}${what}`, width))}\n${wrap(`What to do: ${toDo}`, width)}`,
    )
    .join('\n');
}

function document(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
