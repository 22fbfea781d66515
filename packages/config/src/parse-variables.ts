import type { z } from 'zod';
import { crossFaults } from './cross-checks.js';
import type { Environment, VariableName } from './schema.js';
import { SettingsError, type SettingsFault } from './settings-error.js';
import { noteOf } from './variable.js';

export type RawEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables of a schema: the whole environment, or what makes one shop. Blank means the same as absent.
 * @throws SettingsError with all faults at once, those between variables too.
 */
export function parseVariables<S extends z.ZodRawShape>(
  schema: z.ZodObject<S>,
  rawEnvironment: RawEnvironment,
): { values: z.output<z.ZodObject<S>>; given: readonly string[] } {
  const raw = withoutBlanks(rawEnvironment);
  const parsed = schema.safeParse(raw);
  const faulty = new Set((parsed.error?.issues ?? []).map(variableOf));
  const values = (parsed.data ?? parseAllBut(schema, faulty, raw)) as Partial<Environment>;
  const faults = [...singleFaults(schema, parsed.error), ...crossFaults({ values, faulty })];
  if (parsed.data === undefined || faults.length > 0) throw new SettingsError(faults);
  return { values: parsed.data, given: Object.keys(raw) };
}

/** `RELAY_SEND_DELAY=` in a file means the same as its absence. */
function withoutBlanks(env: RawEnvironment): Record<string, string> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => (entry[1] ?? '').trim() !== '');
  return Object.fromEntries(entries);
}

function singleFaults(schema: z.ZodObject, error: z.ZodError | undefined): SettingsFault[] {
  const seen = new Set<string>();
  const faults: SettingsFault[] = [];
  for (const issue of error?.issues ?? []) {
    const variable = variableOf(issue);
    if (seen.has(variable)) continue; // one variable's second fault often follows from its first
    seen.add(variable);
    const problem = issue.code === 'invalid_type' ? 'is not set' : issue.message;
    faults.push({ variable, problem, example: noteOf(schema.shape[variable] as z.ZodType).example });
  }
  return faults;
}

/** The variables that are good by themselves, so that faults between them are told at once too. */
function parseAllBut(schema: z.ZodObject, faulty: ReadonlySet<string>, raw: Record<string, string>) {
  const names = Object.keys(schema.shape).filter((name) => !faulty.has(name as VariableName));
  return Object.fromEntries(names.map((name) => [name, (schema.shape[name] as z.ZodType).parse(raw[name])]));
}

function variableOf(issue: z.core.$ZodIssue): VariableName {
  return issue.path[0] as VariableName;
}
