import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import type { AddressedPatch } from './hooks.js';

/** For `node --import 'register.js?plan=FILE'`: a file of patches as JSON. */
const plan = new URL(import.meta.url).searchParams.get('plan') ?? '';
register('./hooks.js', import.meta.url, { data: JSON.parse(readFileSync(plan, 'utf8')) as AddressedPatch[] });
