import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALERT_RULES, alertTable } from './index.js';

const ROOT = join(__dirname, '..', '..', '..');
const PAGE = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');

it('the table of docs/operations.md is what `npm run docs:alerts` writes', () => {
  const written = /<!-- table: written by npm run docs:alerts -->\n\n([^]*?)\n<!-- end of table -->/.exec(PAGE)?.[1];
  expect(written).toBe(alertTable());
});

it('has a row for each rule, and no kind twice', () => {
  const kinds = alertTable()
    .split('\n')
    .slice(2, -1)
    .map((line) => line.split('|')[1]?.trim());
  expect(kinds).toEqual(ALERT_RULES.map(({ kind }) => kind));
  expect(new Set(kinds).size).toBe(kinds.length);
});

it('names the numbers that .env.example has', () => {
  const named = [...alertTable().matchAll(/([A-Z0-9]+(?:_[A-Z0-9]+)+) \((\d+)(?: (h|m)[^)]*)?\)/g)];
  const settings = readFileSync(join(ROOT, '.env.example'), 'utf8');
  expect(named.length).toBeGreaterThan(10);
  for (const [, name = '', number = '', unit = ''] of named) expect(settings).toContain(`# ${name}=${number}${unit}\n`);
});
