import { parseArgs } from 'node:util';

export interface CommandLine {
  /** End when every order is back. */
  readonly once: boolean;
  readonly json: boolean;
  /** HFT71's orders to put through the sandbox's shop. */
  readonly orders: number;
}

/** A senseless command line, with what to do instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const USAGE = `npm start [-- --once] [--json] [--orders N]

  --once      end with exit code 0 when all orders of the sandbox's shop have come back
  --json      print one line of JSON at the end
  --orders N  how many of HFT71's orders to put through the sandbox's shop (25)`;

export function readCommandLine(args: readonly string[]): CommandLine {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: { once: { type: 'boolean' }, json: { type: 'boolean' }, orders: { type: 'string' } },
      strict: true,
    }));
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
  const orders = values.orders === undefined ? 25 : Number(values.orders);
  if (!Number.isInteger(orders) || orders < 1 || orders > 10_000)
    throw new UsageError(`--orders takes a whole number from 1 to 10000.\n\n${USAGE}`);
  return { once: values.once ?? false, json: values.json ?? false, orders };
}
