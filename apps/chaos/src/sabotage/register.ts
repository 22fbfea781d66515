import { register } from 'node:module';
import type { AddressedPatch } from './hooks.js';

/** For `node --import 'register.js?plan=…'`: patches as JSON in base64url, so that nothing is left on the disk. */
const plan = new URL(import.meta.url).searchParams.get('plan') ?? '';
register('./hooks.js', import.meta.url, {
  data: JSON.parse(Buffer.from(plan, 'base64url').toString('utf8')) as AddressedPatch[],
});
