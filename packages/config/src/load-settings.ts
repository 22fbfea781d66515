import { parseVariables, type RawEnvironment } from './parse-variables.js';
import { environmentSchema } from './schema.js';
import { settingsFrom, type Settings } from './settings.js';
import { warningsAbout } from './warnings.js';

/** @throws SettingsError with all faults at once. */
export function loadSettings(rawEnvironment: RawEnvironment): Settings {
  const { values, given } = parseVariables(environmentSchema, rawEnvironment);
  return settingsFrom(values, warningsAbout(values, given));
}
