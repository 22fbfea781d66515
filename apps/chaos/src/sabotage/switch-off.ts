import { readFileSync, realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { projectFile } from '@relay/testing';
import type { Installation } from '../world/installation.js';
import type { World } from '../world/world.js';
import { appliedLine, type AddressedPatch } from './hooks.js';
import { patchSource } from './patch-source.js';
import type { Patch, Sabotage } from './sabotage.js';

export interface SwitchedOff {
  readonly patches: readonly Patch[];
  readonly settings: Readonly<Record<string, string>>;
  readonly onLedger: (installation: Installation) => Promise<void>;
  /** @throws where no process has loaded a patched module: the scenario then shows nothing. */
  readonly assertApplied: (worlds: readonly World[]) => void;
}

/** What is done to the relay with this guard switched off; nothing, where there is none. */
export function switchOff(sabotage: Sabotage | null): SwitchedOff {
  const { patches = [], settings = {}, onLedger = async () => undefined } = sabotage ?? {};
  return {
    patches,
    settings,
    onLedger,
    assertApplied: (worlds) => {
      const said = worlds.flatMap(({ installations }) =>
        installations.flatMap(({ processes }) => processes.started().map((each) => each.stderr())),
      );
      for (const { module } of patches)
        if (!said.some((text) => text.includes(appliedLine(module))))
          throw new Error(`No process has loaded ${module}: the guard was never off.`);
    },
  };
}

/** What Node is started with, so that it rewrites these modules as it loads them. */
export function nodeArgsFor(patches: readonly Patch[]): string[] {
  if (patches.length === 0) return [];
  assertInStep(patches);
  return ['--import', registerUrl(patches)];
}

/** @throws where a text is not found exactly once in the build. */
export function assertInStep(patches: readonly Patch[]): void {
  const sources = new Map<string, string>();
  for (const patch of patches) {
    const source = sources.get(patch.module) ?? readFileSync(projectFile(patch.module), 'utf8');
    sources.set(patch.module, patchSource(source, patch));
  }
}

function registerUrl(patches: readonly Patch[]): string {
  const addressed: AddressedPatch[] = patches.map((patch) => ({
    ...patch,
    // As Node names it: packages are found through links.
    url: pathToFileURL(realpathSync(projectFile(patch.module))).href,
  }));
  const url = new URL(pathToFileURL(projectFile('apps/chaos/dist/sabotage/register.js')));
  url.searchParams.set('plan', Buffer.from(JSON.stringify(addressed)).toString('base64url'));
  return url.href;
}
