import type { Cli, OutputOptions } from '../cli.js';

export interface ShownProgress {
  show(what: string): void;
  clear(): void;
}

const CLEAR_LINE = '\r\u001b[K';

/** One line on the terminal that is written over; nothing where none is, or where a program reads. */
export function showProgress({ isTerminal, stderr, width }: Cli, { json }: OutputOptions): ShownProgress {
  if (!isTerminal || json === true) return { show: () => undefined, clear: () => undefined };
  return {
    show: (what) => void stderr.write(`${CLEAR_LINE}${`… ${what}`.slice(0, width - 1)}`),
    clear: () => void stderr.write(CLEAR_LINE),
  };
}
