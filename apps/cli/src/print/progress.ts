import type { Cli } from '../cli.js';

/** One line that is written over while work goes on; on a terminal only, and on stderr. */
export function progressLine({ isTerminal, stderr, width }: Cli): { show(text: string): void; end(): void } {
  const CLEAR = '\r\u001b[2K';
  return {
    show: (text) => {
      if (isTerminal) stderr.write(`${CLEAR}${text.slice(0, width - 1)}`);
    },
    end: () => {
      if (isTerminal) stderr.write(CLEAR);
    },
  };
}
