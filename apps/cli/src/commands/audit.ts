import { searchAudit, type AuditLine } from '@relay/operations';
import { Option, type Command } from 'commander';
import { Refused } from '../answer.js';
import { knownShopId } from '../chosen-shop.js';
import type { Cli, ShopOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { countUpTo, momentOf } from '../moments.js';
import { jsonOption, shopOption } from '../options.js';
import { table } from '../print/table.js';
import { instant } from '../print/times.js';
import { withRelay } from '../with-relay.js';

interface AuditOptions extends ShopOptions {
  readonly order?: string;
  readonly by?: string;
  readonly action?: string;
  readonly since?: Date;
  readonly until?: Date;
  readonly limit: number;
}

const MOST = 10_000;

export function addAudit(program: Command, cli: Cli): void {
  const command = program
    .command('audit')
    .description('Who did what, when, to which order or shop, and for what reason.')
    .option('--order <order>', 'one order: its number, its id, or HFT71’s id')
    .option('--by <name>', 'who did it')
    .option('--action <action>', 'what was done: all of "orders", or "orders resolve --send" alone')
    .addOption(new Option('--since <time>', 'from then on: 7d ago, or a date in UTC').argParser(momentOf))
    .addOption(new Option('--until <time>', 'before then').argParser(momentOf))
    .addOption(new Option('--limit <n>', 'how many at most, the latest').argParser(countUpTo(MOST)).default(50))
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: AuditOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shopId = await knownShopId(relay, options.shop);
          const found = await searchAudit(relay, { ...options, actor: options.by, shopId });
          if (found.kind === 'refused') throw new Refused(found);
          return { json: found.lines, text: auditText(found.lines, options.limit, cli) };
        }),
      ),
    );
  helpful(command, [
    'relay audit --since 7d',
    'relay audit --order 1001',
    'relay audit --by eve --action orders --json',
  ]);
}

function auditText(lines: readonly AuditLine[], limit: number, { width, paint }: Cli): string {
  if (lines.length === 0) return 'Nothing fits.';
  const rows = lines.map(({ at, actor, action, subject, reason, details }) => [
    instant(at),
    actor,
    action,
    subject,
    [reason === null ? null : `“${reason}”`, detailsText(details)].filter((part) => part !== null).join(' '),
  ]);
  const more = lines.length === limit ? [paint.dim(`… the latest ${limit}: raise --limit for more`)] : [];
  return [...more, table(['TIME', 'WHO', 'WHAT', 'TO', 'WHY'], rows, width)].join('\n');
}

function detailsText(details: AuditLine['details']): string | null {
  const known = Object.entries(details ?? {}).filter(([, value]) => value !== null);
  if (known.length === 0) return null;
  return known
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
