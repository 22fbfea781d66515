import { mkdir, rename, cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SeededRandom } from '@relay/testing';
import type { Sabotage } from '../sabotage/sabotage.js';
import { nodeArgsFor, switchOff } from '../sabotage/switch-off.js';
import { World } from '../world/world.js';
import type { SharedServers } from '../world/shared-servers.js';
import { Marks } from './marks.js';
import { sumOf, whatBroke, type ScenarioResult } from './result.js';
import type { Scenario, Stage } from './scenario.js';

export interface RunContext {
  readonly full: boolean;
  readonly seed: number;
  readonly servers: SharedServers;
  /** Where evidence is kept of every scenario; null keeps only that of those that failed, in the temporary folder. */
  readonly recordFolder: string | null;
  readonly say: (scenario: string, what: string) => void;
  readonly stopping: AbortSignal;
}

const LIMIT_SECONDS = { quick: 150, full: 900 };

/** Plays one scenario, with one guard switched off where a sabotage is given, and judges it by the sandbox's record. */
export async function runScenario(
  scenario: Scenario,
  context: RunContext,
  sabotage: Sabotage | null = null,
): Promise<ScenarioResult> {
  const startedAt = performance.now();
  const profile = context.full ? 'full' : 'quick';
  const marks = new Marks();
  const worlds: World[] = [];
  const off = switchOff(sabotage);
  const stage: Stage = {
    full: context.full,
    random: new SeededRandom(context.seed, scenario.name),
    marks,
    size: (quick, full) => (context.full ? full : quick),
    openWorld: async (options = {}) => {
      const { servers, seed } = context;
      const settings = { ...options.settings, ...off.settings };
      const nodeArgs = nodeArgsFor([...(options.patches ?? []), ...off.patches]);
      const world = await World.open({ ...options, settings, servers, seed, nodeArgs, onLedger: off.onLedger });
      worlds.push(world);
      return world;
    },
    say: (what) => context.say(scenario.name, what),
  };
  let error: string | undefined;
  let judged = sumOf([]);
  try {
    await within((scenario.limitSeconds ?? LIMIT_SECONDS)[profile], context.stopping, scenario.run(stage));
    judged = sumOf(await Promise.all(worlds.map((world) => world.judge(scenario.expectsRefusals === true))));
    off.assertApplied(worlds);
  } catch (caught) {
    error = caught instanceof Error ? caught.message : String(caught);
  }
  const broke = error === undefined ? whatBroke(judged, marks.all()) : [];
  const passed = error === undefined && broke.length === 0;
  const name = sabotage === null ? scenario.name : `${scenario.name}-without-${sabotage.name}`;
  const evidence = await putAway(worlds, context.recordFolder, name, !passed && sabotage === null);
  return {
    scenario: scenario.name,
    ...judged,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
    passed,
    seed: context.seed,
    profile,
    marks: marks.all(),
    settings: Object.assign({}, ...worlds.map(shownSettings)) as Record<string, string>,
    broke,
    ...(error === undefined ? {} : { error }),
    ...(evidence === undefined ? {} : { evidence }),
    ...(sabotage === null ? {} : { sabotage: sabotage.name }),
  };
}

async function within(seconds: number, stopping: AbortSignal, work: Promise<void>): Promise<void> {
  let end = () => undefined as void;
  const over = new Promise<never>((_resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`It was not over after ${seconds} s.`)), seconds * 1000);
    const stop = () => reject(new Error('It was stopped.'));
    stopping.addEventListener('abort', stop);
    end = () => {
      clearTimeout(timer);
      stopping.removeEventListener('abort', stop);
    };
  });
  work.catch(() => undefined); // lost the race: what it waits for is closed under its feet
  try {
    await Promise.race([work, over]);
  } finally {
    end();
  }
}

/** @returns where the evidence lies, where it was kept. */
async function putAway(
  worlds: readonly World[],
  recordFolder: string | null,
  name: string,
  keepAnyway: boolean,
): Promise<string | undefined> {
  let kept: string | undefined;
  for (const [at, world] of worlds.entries()) {
    const keeps = recordFolder !== null || keepAnyway;
    if (keeps) await world.keepEvidence();
    await world.close();
    if (!keeps) await world.removeFolder();
    else if (recordFolder === null) kept = world.folder;
    else kept = await moveTo(world.folder, join(recordFolder, at === 0 ? name : `${name}-${at + 1}`));
  }
  return kept;
}

async function moveTo(from: string, to: string): Promise<string> {
  await mkdir(join(to, '..'), { recursive: true });
  await rm(to, { recursive: true, force: true });
  try {
    await rename(from, to);
  } catch {
    // Another file system.
    await cp(from, to, { recursive: true });
    await rm(from, { recursive: true, force: true });
  }
  return to;
}

/** Durations, limits and switches; no address and no secret. */
function shownSettings(world: World): Record<string, string> {
  const hidden = /URL|SECRET|PASSWORD|USERNAME|KEY|^PORT$/;
  const all = world.installations.flatMap(({ settings }) => Object.entries(settings));
  return Object.fromEntries(all.filter(([name]) => !hidden.test(name)));
}
