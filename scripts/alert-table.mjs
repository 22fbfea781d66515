/** Writes the table of alerts in docs/operations.md from the rules. A test compares the two. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tsImport } from 'tsx/esm/api';
import { ROOT } from './bootstrap.mjs';

const PAGE = join(ROOT, 'docs', 'operations.md');
const BEGIN = '<!-- table: written by npm run docs:alerts -->';
const END = '<!-- end of table -->';

const { alertTable } = await tsImport('../packages/core/src/index.ts', import.meta.url);
const [before, rest] = readFileSync(PAGE, 'utf8').split(BEGIN);
const after = rest?.split(END)[1];
if (after === undefined) throw new Error(`docs/operations.md lacks its marks ${BEGIN} and ${END}`);
writeFileSync(PAGE, `${before}${BEGIN}\n\n${alertTable()}\n${END}${after}`);
console.log('docs/operations.md: the table of alerts is written');
