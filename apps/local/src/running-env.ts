import { parseEnv } from 'node:util';

const QUOTES = ["'", '`', '"'];

/**
 * Settings as a `.env` file, read by `parseEnv`. That knows no escapes: a value is good between quotes that it does not
 * hold, and `"` turns `\n` into a line's end. What no quote can hold is left out, with a line that says so.
 */
export function runningEnv(env: Readonly<Record<string, string>>): { text: string; leftOut: string[] } {
  const leftOut: string[] = [];
  const lines = Object.entries(env).map(([name, value]) => {
    const line = QUOTES.map((quote) => `${name}=${quote}${value}${quote}\n`).find((candidate) =>
      isReadAs(candidate, name, value),
    );
    if (line !== undefined) return line;
    leftOut.push(name);
    return `# ${name} is left out: no quotes of a .env file can hold it.\n`;
  });
  return { text: lines.join(''), leftOut };
}

function isReadAs(line: string, name: string, value: string): boolean {
  const read = Object.entries(parseEnv(line));
  return read.length === 1 && read[0]?.[0] === name && read[0][1] === value;
}
