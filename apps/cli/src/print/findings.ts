import type { Finding } from '@relay/operations';
import type { Cli } from '../cli.js';
import { wrap } from './wrap.js';

/** What is wrong, what to do, and what it is concluded from. */
export function findingText({ what, toDo, evidence, severity, state, name }: Finding, { paint, width }: Cli): string {
  const colour = state === 'failed' ? paint.red : paint.yellow;
  const title = state === 'failed' ? `SEV-${severity}` : 'Warning';
  return [
    colour(wrap(`${title}  ${what}`, width)),
    wrap(`What to do: ${toDo}`, width, '  '),
    ...evidence.map((each) => paint.dim(wrap(`Seen: ${each}`, width, '  '))),
    paint.dim(wrap(`(${name})`, width, '  ')),
  ].join('\n');
}
