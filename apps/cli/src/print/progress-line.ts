import type { Cli } from '../cli.js';

const CLEAR_LINE = '\r\u001b[K';

/** One line that is written over, for a person who waits; nothing where no terminal is. */
export function progressLine({ isTerminal, stderr, width }: Pick<Cli, 'isTerminal' | 'stderr' | 'width'>): {
  readonly show: (text: string) => void;
  readonly clear: () => void;
} {
  return {
    show: (text) => void (isTerminal && stderr.write(`${CLEAR_LINE}${text.slice(0, width - 1)}`)),
    clear: () => void (isTerminal && stderr.write(CLEAR_LINE)),
  };
}

/** `████░░░░ 120 of 500 (24 %)` */
export function bar(done: number, of: number): string {
  const share = of === 0 ? 1 : Math.min(1, done / of);
  const filled = Math.round(share * BAR_WIDTH);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${done} of ${of} (${Math.floor(share * 100)} %)`;
}

const BAR_WIDTH = 20;
