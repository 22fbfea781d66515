import type { Command } from 'commander';
import { loadSettings } from '@relay/config';
import { diagnose, UnknownShop, type Diagnosis, type Finding, type Severity } from '@relay/operations';
import { Refused } from '../answer.js';
import type { Cli, ShopOptions } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { helpful } from '../helpful.js';
import { jsonOption, shopOption } from '../options.js';
import { callsText } from '../print/calls.js';
import { findingText } from '../print/findings.js';
import { progressLine } from '../print/progress-line.js';
import { table } from '../print/table.js';
import { wrap } from '../print/wrap.js';

const EXIT_BY_SEVERITY: Readonly<Record<Severity, number>> = { 1: EXIT.sev1, 2: EXIT.sev2, 3: EXIT.sev3 };

export function addDoctor(program: Command, cli: Cli): void {
  const command = program
    .command('doctor')
    .description('What is wrong, the likeliest cause first, and what to do next. Changes nothing.')
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: ShopOptions) =>
      cli.answer(options, async () => {
        const progress = progressLine({ ...cli, isTerminal: cli.isTerminal && options.json !== true });
        const diagnosis = await diagnose(() => loadSettings(cli.env), {
          shopId: options.shop,
          onStep: (what) => progress.show(`… ${what}`),
        })
          .catch(refuseUnknownShop)
          .finally(() => progress.clear());
        return { json: diagnosis, text: diagnosisText(diagnosis, cli), exitCode: exitCodeOf(diagnosis) };
      }),
    );
  helpful(
    command,
    ['relay doctor', 'relay doctor --shop main', 'relay doctor --json | jq .findings[0]'],
    [
      `Exit codes: ${EXIT.ok} nothing failed (warnings may stand there); ${EXIT.sev1} SEV-1, orders cannot\nbe sent; ${EXIT.sev2} SEV-2, something is degraded; ${EXIT.sev3} SEV-3.`,
    ],
  );
}

/** With the code of a refused command: nobody is to be woken by a slip of the hand. */
function refuseUnknownShop(error: unknown): never {
  if (!(error instanceof UnknownShop)) throw error;
  throw new Refused({ what: error.message, toDo: `name one of these with --shop: ${error.known.join(', ')}` });
}

/** Warnings alone are no failure: a cron job would cry for ever. */
function exitCodeOf({ severity }: Diagnosis): number {
  return severity === null ? EXIT.ok : EXIT_BY_SEVERITY[severity];
}

function diagnosisText({ findings, checks, calls, tookMs }: Diagnosis, cli: Cli): string {
  const { paint, width } = cli;
  const causes = findings.filter(({ explainedBy }) => explainedBy === null);
  const followers = findings.filter(({ explainedBy }) => explainedBy !== null);
  const well = checks.filter(({ state }) => state === 'ok').map(({ name, what }) => [paint.green('✓'), name, what]);
  const skipped = checks.filter(({ state }) => state === 'skipped').map(({ name, what }) => ['-', name, what]);
  const sections = [
    causes.length === 0 ? paint.green('Nothing is wrong.') : causes.map((each) => findingText(each, cli)).join('\n\n'),
    ...(followers.length === 0
      ? []
      : [`${paint.bold('What follows from it')}\n${followers.map((each) => followerText(each, cli)).join('\n')}`]),
    ...(calls.length === 0 ? [] : [`${paint.bold('Calls of the last hour')}\n${callsText(calls, width)}`]),
    `${paint.bold('Looked at')} (${(tookMs / 1000).toFixed(1)} s)\n${table([], [...well, ...skipped], width)}`,
  ];
  return sections.join('\n\n');
}

function followerText({ what, toDo, state }: Finding, { paint, width }: Cli): string {
  const colour = state === 'failed' ? paint.red : paint.yellow;
  return `${colour(wrap(what, width, '  '))}\n${wrap(`If it stays: ${toDo}`, width, '    ')}`;
}
