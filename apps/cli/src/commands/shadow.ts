import { shadowReport, type ShadowReport } from '@relay/operations';
import type { Command } from 'commander';
import { Refused } from '../answer.js';
import { chosenShop } from '../chosen-shop.js';
import type { Cli, ShopOptions } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { helpful } from '../helpful.js';
import { jsonOption, shopOption } from '../options.js';
import { progressLine } from '../print/progress-line.js';
import { table } from '../print/table.js';
import { instant } from '../print/times.js';
import { wrap } from '../print/wrap.js';
import { windowOption } from '../window-option.js';
import { withRelay } from '../with-relay.js';

interface ReportOptions extends ShopOptions {
  readonly window: number;
  readonly hft71: boolean;
}

export function addShadow(program: Command, cli: Cli): void {
  const shadow = program.command('shadow').description('A shop in shadow mode: recorded, and not sent.');
  helpful(shadow, ['relay shadow report', 'relay shadow report --window 3d --json']);
  const command = shadow
    .command('report')
    .description('Compare what would be sent with what the plugin sent. Changes nothing.')
    .addOption(windowOption('orders changed in the shop are', '7d'))
    .option('--no-hft71', 'do not read the plugin’s orders back at HFT71')
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: ReportOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const line = progressLine(cli);
          const done = await shadowReport(relay, chosenShop(relay, options.shop), {
            windowMs: options.window,
            hft71: options.hft71,
            onProgress: ({ looked, compared }) => line.show(`${looked} orders, ${compared} read back at HFT71`),
          }).finally(line.clear);
          if (done.kind === 'refused') throw new Refused(done);
          const { report } = done;
          return { json: report, text: reportText(report, cli), exitCode: report.ready ? EXIT.ok : EXIT.failed };
        }),
      ),
    );
  helpful(
    command,
    ['relay shadow report', 'relay shadow report --window 3d --no-hft71', 'relay shadow report --json'],
    ['Ends with 0 when it is ready to cut over, with 1 when not. docs/cut-over.md has\nthe whole way.'],
  );
}

/** So many are named; `--json` has all. */
const NAMED = 20;

function reportText(report: ShadowReport, { paint, width }: Cli): string {
  const { shop, from, ready, reasons, notes, counts } = report;
  const lines = [
    wrap(
      `Shop ${shop} since ${instant(from)}: ${counts.looked} orders; ${counts.both} sent by the plugin and by the relay’s rules, ${counts.neither} by neither, ${counts.before} from before the relay was connected.`,
      width,
    ),
  ];
  const sections = [
    ['Sent by the plugin, and the relay would not', report.onlyPlugin],
    ['Not sent by the plugin, and the relay would', report.onlyRelay],
    ['Sent by both, and different', report.differences],
    ['Would be held', report.faults],
  ] as const;
  for (const [title, named] of sections) {
    if (named.length === 0) continue;
    const rows = named.slice(0, NAMED).map(({ number, why }) => [number, why]);
    lines.push('', paint.bold(`${title}: ${named.length}`), table([], rows, width));
  }
  lines.push('', ...notes.map((note) => paint.dim(wrap(note, width))));
  if (ready) lines.push(paint.green(wrap('Ready to cut over. What to do: docs/cut-over.md, “Go live”.', width)));
  else lines.push(paint.red('Not ready to cut over:'), ...reasons.map((reason) => wrap(`- ${reason}`, width, '  ')));
  return lines.join('\n');
}
