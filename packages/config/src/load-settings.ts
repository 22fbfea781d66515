import type { z } from 'zod';
import { crossFaults } from './cross-checks.js';
import { environmentSchema, noteOn, VARIABLE_NAMES, type Environment, type VariableName } from './schema.js';
import { SettingsError, type SettingsFault } from './settings-error.js';
import { settingsFrom, type Settings } from './settings.js';
import { warningsAbout } from './warnings.js';

export type RawEnvironment = Readonly<Record<string, string | undefined>>;

/** @throws SettingsError with all faults at once. */
export function loadSettings(rawEnvironment: RawEnvironment): Settings {
  const raw = withoutBlanks(rawEnvironment);
  const parsed = environmentSchema.safeParse(raw);
  const faulty = new Set((parsed.error?.issues ?? []).map(variableOf));
  const known = { values: parsed.data ?? parseAllBut(faulty, raw), faulty };
  const faults = [...singleFaults(parsed.error), ...crossFaults(known)];
  if (parsed.data === undefined || faults.length > 0) throw new SettingsError(faults);
  return settingsFrom(parsed.data, warningsAbout(parsed.data, Object.keys(raw)));
}

/** `RELAY_SEND_DELAY=` in a file means the same as its absence. */
function withoutBlanks(env: RawEnvironment): Record<string, string> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => (entry[1] ?? '').trim() !== '');
  return Object.fromEntries(entries);
}

function singleFaults(error: z.ZodError | undefined): SettingsFault[] {
  const seen = new Set<string>();
  const faults: SettingsFault[] = [];
  for (const issue of error?.issues ?? []) {
    const variable = variableOf(issue);
    if (seen.has(variable)) continue; // one variable's second fault often follows from its first
    seen.add(variable);
    const problem = issue.code === 'invalid_type' ? 'is not set' : issue.message;
    faults.push({ variable, problem, example: noteOn(variable).example });
  }
  return faults;
}

/** The variables that are good by themselves, so that faults between them are told at once too. */
function parseAllBut(faulty: ReadonlySet<VariableName>, raw: Record<string, string>): Partial<Environment> {
  const good: [VariableName, unknown][] = [];
  for (const name of VARIABLE_NAMES) {
    if (!faulty.has(name)) good.push([name, environmentSchema.shape[name].parse(raw[name])]);
  }
  return Object.fromEntries(good);
}

function variableOf(issue: z.core.$ZodIssue): VariableName {
  return issue.path[0] as VariableName;
}
