/** Writes `.env.example` from the descriptions of the settings. A test compares the two. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tsImport } from 'tsx/esm/api';
import { ROOT } from './bootstrap.mjs';

const { envExample } = await tsImport('../packages/config/src/index.ts', import.meta.url);
writeFileSync(join(ROOT, '.env.example'), envExample());
console.log('.env.example written');
