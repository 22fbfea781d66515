/**
 * `npm run reliability -- FILE`: copies what the chaos suite printed with `--json` into the table of docs/reliability.md.
 * Nobody writes that table by hand: `npm run chaos -- --full --json > FILE` first.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { ROOT } from './bootstrap.mjs';

const PAGE = join(ROOT, 'docs', 'reliability.md');
const BEGIN = '<!-- table: written by npm run reliability -->';
const END = '<!-- end of table -->';

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('Name the file with the lines of `npm run chaos -- --full --json`: npm run reliability -- FILE');
  process.exit(64);
}
const page = readFileSync(PAGE, 'utf8');
const [before, rest] = page.split(BEGIN);
const after = rest?.split(END)[1];
if (after === undefined) throw new Error(`docs/reliability.md lacks its marks ${BEGIN} and ${END}`);
const results = readLines(file);
const text = `${before}${BEGIN}\n\n${summary(results)}\n\n${table(results)}\n\n${marks(results)}\n\n${END}${after}`;
writeFileSync(PAGE, await format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE }));
console.log(
  `docs/reliability.md: ${results.length} scenarios, ${results.filter(({ passed }) => passed).length} passed`,
);

function readLines(name) {
  return readFileSync(name, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

function summary(lines) {
  const sum = (key) => lines.reduce((total, line) => total + line[key], 0);
  const failed = lines.filter(({ passed }) => !passed).map(({ scenario }) => scenario);
  const each = (key) => [...new Set(lines.map((line) => line[key]))].join(', ');
  return (
    `${lines.length} scenarios (profile ${each('profile')}, seed ${each('seed')}), ${sum('orders')} orders: ${sum('duplicates')} duplicates, ` +
    `${sum('lost')} lost, ${sum('overLimit')} calls over the limit. ` +
    (failed.length === 0 ? 'Every scenario kept its marks.' : `Not kept: ${failed.join(', ')}.`)
  );
}

function table(lines) {
  const head = ['scenario', 'orders', 'duplicates', 'lost', 'held', 'in doubt', 'over limit', 's', 'passed'];
  const rows = lines.map((line) => [
    line.scenario,
    line.orders,
    line.duplicates,
    line.lost,
    line.held,
    line.inDoubt,
    line.overLimit,
    Math.round(line.seconds),
    line.passed ? 'yes' : '**no**',
  ]);
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

/** What each scenario demanded beside "no duplicate, no loss". A table's cell would be too narrow for it. */
function marks(lines) {
  const shown = lines.map(({ scenario, marks: all = {} }) => {
    const each = Object.entries(all).map(
      ([name, { value, bound, met }]) => `${name} ${value} (${bound})${met ? '' : ' **not met**'}`,
    );
    return `- **${scenario}**: ${each.length === 0 ? 'none' : each.join('; ')}`;
  });
  return `The further marks, each with its bound:\n\n${shown.join('\n')}`;
}
