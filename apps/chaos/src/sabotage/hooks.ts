import { writeSync } from 'node:fs';
import type { LoadHook } from 'node:module';
import { patchSource } from './patch-source.js';

/** What `register.ts` hands over: patches with the module's address instead of its path. */
export interface AddressedPatch {
  readonly url: string;
  readonly module: string;
  readonly find: string;
  readonly replace: string;
}

let patches: readonly AddressedPatch[] = [];

export function initialize(given: readonly AddressedPatch[]): void {
  patches = given;
}

/** Rewrites a module's source as Node loads it. Throws, and so ends the process, where the text is not there once. */
export const load: LoadHook = async (url, context, nextLoad) => {
  const own = patches.filter((patch) => patch.url === url);
  const loaded = await nextLoad(url, context);
  if (own.length === 0 || loaded.source === undefined || loaded.source === null) return loaded;
  const source = own.reduce(patchSource, textOf(loaded.source));
  for (const module of new Set(own.map((patch) => patch.module))) writeSync(2, `${appliedLine(module)}\n`);
  return { ...loaded, source };
};

/** What a process says that loaded a patched module. */
export function appliedLine(module: string): string {
  return `chaos: a guard is switched off in ${module}`;
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source);
}
