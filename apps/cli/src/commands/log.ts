import { setTimeout as sleep } from 'node:timers/promises';
import { parseDuration } from '@relay/config';
import { STATUS_CLASSES, type StatusClass } from '@relay/ledger';
import { callFollower, searchCalls, type CallSearch, type LoggedCall, type Relay } from '@relay/operations';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { Refused, type Answer } from '../answer.js';
import { knownShopId } from '../chosen-shop.js';
import type { Cli, ShopOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { countUpTo, momentOf } from '../moments.js';
import { jsonOption, shopOption } from '../options.js';
import { table } from '../print/table.js';
import { withRelay } from '../with-relay.js';

interface LogOptions extends ShopOptions {
  readonly order?: string;
  readonly action?: string;
  readonly class?: StatusClass;
  readonly target?: 'shop' | 'hft71';
  readonly since?: Date;
  readonly until?: Date;
  readonly limit: number;
  readonly follow?: true;
  readonly for?: number;
}

const LOOK_EVERY_MS = 500;
const MOST = 10_000;

export function addLog(program: Command, cli: Cli): void {
  const command = program
    .command('log')
    .description('Every call to the shop and to HFT71, and how it ended; without a body, and without customer data.')
    .option('--order <order>', 'one order: its number, its id, or HFT71’s id')
    .option('--action <action>', 'send_order, get_status, webhook, get_order, put_order_meta, login, …')
    .addOption(new Option('--class <class>', 'how it ended; none: no answer came').choices(STATUS_CLASSES))
    .addOption(new Option('--target <target>', 'who was called').choices(['shop', 'hft71']))
    .addOption(new Option('--since <time>', 'from then on: 2h ago, or a date in UTC').argParser(momentOf))
    .addOption(new Option('--until <time>', 'before then').argParser(momentOf))
    .addOption(new Option('--limit <n>', 'how many at most, the latest').argParser(countUpTo(MOST)).default(50))
    .addOption(new Option('-f, --follow', 'go on, and show what comes; one JSON document a line').conflicts('until'))
    .addOption(
      new Option('--for <time>', 'follow for so long, e.g. 10m').argParser(durationOf).implies({ follow: true }),
    )
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: LogOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const search = { ...options, statusClass: options.class, shopId: await knownShopId(relay, options.shop) };
          return options.follow === true ? follow(relay, search, options, cli) : look(relay, search, cli);
        }),
      ),
    );
  helpful(command, [
    'relay log --target hft71 --class 5xx --since 2h',
    'relay log --order 1001',
    'relay log --action send_order --class none --json',
    'relay log --follow --target hft71',
  ]);
}

async function look(relay: Relay, search: CallSearch, { width, paint }: Cli): Promise<Answer> {
  const found = await searchCalls(relay, search);
  if (found.kind === 'refused') throw new Refused(found);
  const { calls } = found;
  const more = calls.length === search.limit ? [paint.dim(`… the latest ${search.limit}: raise --limit for more`)] : [];
  const text = calls.length === 0 ? 'No call fits.' : table(HEAD, calls.map(rowOf), width);
  return { json: calls, text: [...more, text].join('\n') };
}

const HEAD = ['TIME (UTC)', 'TO', 'ACTION', 'ANSWER', 'MS', 'ORDER', 'CALL'];

function rowOf({
  at,
  target,
  action,
  method,
  path,
  status,
  code,
  durationMs,
  orderId,
  requestId,
}: LoggedCall): string[] {
  const answer = [status === null ? 'no answer' : String(status), code].filter((part) => part !== null).join(' ');
  const call = `${method} ${path}${requestId === null ? '' : ` [${requestId}]`}`;
  return [timeOf(at), target, action, answer, String(durationMs), orderId === null ? '' : String(orderId), call];
}

function timeOf(at: Date): string {
  return at.toISOString().replace('T', ' ').replace('Z', '');
}

/** Until it is stopped, for so long as was said, or until the reader has enough: `| grep -m1 5xx` closes the pipe. */
async function follow(relay: Relay, search: CallSearch, options: LogOptions, cli: Cli): Promise<Answer> {
  const follower = await callFollower(relay, search);
  if (follower.kind === 'refused') throw new Refused(follower);
  let isRead = true;
  cli.stdout.once('error', () => (isRead = false));
  const endsAt = performance.now() + (options.for ?? Infinity);
  for (;;) {
    for (const call of await follower.next())
      cli.stdout.write(
        options.json === true ? `${JSON.stringify(call)}\n` : `${rowOf(call).filter(Boolean).join('  ')}\n`,
      );
    if (!isRead || performance.now() + LOOK_EVERY_MS > endsAt) return { json: null, text: '', isWritten: true };
    await sleep(LOOK_EVERY_MS);
  }
}

function durationOf(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === null || durationMs === 0) throw new InvalidArgumentError('It is a time like 30s, 10m or 2h.');
  return durationMs;
}
