import { CHAOS_TIMES } from '../world/world.js';
import { startSharedServers, type SharedServers } from '../world/shared-servers.js';
import { SABOTAGES } from '../sabotage/list.js';
import type { Sabotage } from '../sabotage/sabotage.js';
import { SCENARIOS } from '../scenarios/list.js';
import { parseCommandLine, UsageError, type ChaosOptions } from './command-line.js';
import { jsonLine, settingsText, Table } from './print.js';
import type { ScenarioResult } from './result.js';
import { runScenario } from './run-scenario.js';
import type { Scenario } from './scenario.js';
import { sideBySide } from './side-by-side.js';

const EXIT = { ok: 0, failed: 1, usage: 64 } as const;

interface Turn {
  readonly scenario: Scenario;
  readonly sabotage: Sabotage | null;
  readonly name: string;
}

/** `npm run chaos`. @returns the exit code. */
export async function runChaos(argv: readonly string[], stopping: AbortSignal): Promise<number> {
  let options: ChaosOptions;
  try {
    const names = (named: readonly { name: string }[]) => named.map(({ name }) => name);
    options = parseCommandLine(argv, { scenarios: names(SCENARIOS), sabotages: names(SABOTAGES) });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT.usage;
  }
  if (options.list) {
    list();
    return EXIT.ok;
  }
  const servers = await startSharedServers();
  try {
    return await play(turnsOf(options), options, servers, stopping);
  } finally {
    await servers.stop();
  }
}

async function play(
  turns: readonly Turn[],
  options: ChaosOptions,
  servers: SharedServers,
  stopping: AbortSignal,
): Promise<number> {
  const { json, full, seed, jobs, recordFolder } = options;
  const table = new Table(
    turns.map(({ name }) => name),
    (text) => void process.stdout.write(text),
  );
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  say(`${full ? 'Full' : 'Quick'} profile, seed ${seed}: ${turns.length} to run, ${jobs} at a time.`);
  const left = (to: Scenario['playedIn']) =>
    SCENARIOS.filter(({ playedIn }) => playedIn === to)
      .map(({ name }) => name)
      .join(', ');
  if (options.only === null && options.sabotage === null) {
    if (!full) say(`Left to --full: ${left('full')}.`);
    say(`Played by --only: ${left('by-name')}.`);
  }
  if (!json) {
    say(`Shortened in all of them: ${settingsText(CHAOS_TIMES)}`);
    table.head();
  }
  let passed = 0;
  const failed: string[] = [];
  const take = async ({ scenario, sabotage, name }: Turn) => {
    if (stopping.aborted) return;
    const context = { full, seed, servers, recordFolder, stopping };
    const result = await runScenario(
      scenario,
      { ...context, say: (_scenario, what) => say(`  ${name}: ${what}`) },
      sabotage,
    );
    // With a guard switched off, good is that it was noticed: by a figure, not by an accident.
    const good = sabotage === null ? result.passed : wasNoticed(result);
    if (good) passed += 1;
    else failed.push(name);
    if (json) process.stdout.write(`${jsonLine(result)}\n`);
    else table.row(name, result, result.passed);
    if (sabotage !== null && !good) say(`  ${name}: UNNOTICED: without ${sabotage.what} nothing broke`);
  };
  const needsAlone = ({ scenario }: Turn) => scenario.alone === 'always' || (full && scenario.alone === 'full');
  await sideBySide(
    turns.filter((turn) => !needsAlone(turn)),
    jobs,
    take,
  );
  await sideBySide(turns.filter(needsAlone), 1, take);
  // By name: whoever has only the log of a long run would else look for a NO among hundreds of lines.
  for (const name of failed) say(`Failed: ${name} (seed ${seed})`);
  if (!json) process.stdout.write(`${passed} passed, ${failed.length} failed\n`);
  return failed.length === 0 && !stopping.aborted ? EXIT.ok : EXIT.failed;
}

function wasNoticed(result: ScenarioResult): boolean {
  return result.error === undefined && result.broke.length > 0;
}

function turnsOf({ only, sabotage, full }: ChaosOptions): Turn[] {
  const isWanted = ({ name, playedIn }: Scenario) =>
    only === null ? playedIn === undefined || (full && playedIn === 'full') : only.includes(name);
  if (sabotage === null)
    return SCENARIOS.filter(isWanted).map((scenario) => ({
      scenario,
      sabotage: null,
      name: scenario.name,
    }));
  return SABOTAGES.filter(({ name }) => sabotage === 'all' || name === sabotage).map((each) => {
    const scenario = SCENARIOS.find(({ name }) => name === each.scenario);
    if (scenario === undefined) throw new Error(`Sabotage ${each.name} names no scenario: ${each.scenario}`);
    return { scenario, sabotage: each, name: `${scenario.name} without ${each.name}` };
  });
}

function list(): void {
  const width = Math.max(...[...SCENARIOS, ...SABOTAGES].map(({ name }) => name.length));
  const lines = [
    'Scenarios',
    ...SCENARIOS.map(({ name, what }) => `  ${name.padEnd(width)}  ${what}`),
    'Sabotages',
    ...SABOTAGES.map(({ name, what, scenario }) => `  ${name.padEnd(width)}  ${what} (guarded by ${scenario})`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
