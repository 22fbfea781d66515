export { formatDuration, parseDuration } from './duration.js';
export { envExample } from './env-example.js';
export { EXIT_CODES } from './exit-codes.js';
export { loadSettings, type RawEnvironment } from './load-settings.js';
export type { RateSetting } from './rate.js';
export { readEnvironment, readRunningEnvironment, RUNNING_ENV_FILE } from './read-environment.js';
export { VARIABLE_NAMES } from './schema.js';
export { SettingsError, type SettingsFault } from './settings-error.js';
export type { Hft71Settings, Settings, ShopSettings, TimingSettings } from './settings.js';
