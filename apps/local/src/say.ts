/** What a person sees: a line that is drawn over on a terminal, plain lines elsewhere. Never on stdout with `--json`. */
export interface Say {
  /** Something is being done. */
  step(text: string): void;
  /** Progress of the orders: redrawn on a terminal, a line at each change elsewhere. */
  progress(text: string): void;
  line(text: string): void;
  problem(text: string): void;
}

export function createSay(json: boolean): Say {
  const out = json ? process.stderr : process.stdout;
  const isTerminal = out.isTTY;
  let drawn = false;
  let last = '';
  const clear = () => {
    if (drawn) out.write('\r\x1b[K');
    drawn = false;
  };
  const draw = (text: string) => {
    if (text === last) return;
    last = text;
    if (!isTerminal) {
      out.write(`${text}\n`);
      return;
    }
    clear();
    out.write(text.slice(0, Math.max(20, (out.columns || 80) - 1)));
    drawn = true;
  };
  return {
    step: draw,
    progress: draw,
    line: (text) => {
      clear();
      out.write(`${text}\n`);
    },
    problem: (text) => {
      clear();
      process.stderr.write(`${text}\n`);
    },
  };
}
