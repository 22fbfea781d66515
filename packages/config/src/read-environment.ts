import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { RawEnvironment } from './parse-variables.js';

/** The process's environment over what a `.env` file in this folder says. The file may be missing. */
export function readEnvironment(folder: string = process.cwd()): RawEnvironment {
  return { ...readEnvFile(join(folder, '.env')), ...process.env };
}

/** Where `npm start` leaves the settings that it made itself, for the time that it runs (mode 0600). */
export const RUNNING_ENV_FILE = join('.relay', 'running.env');

/**
 * For the command: what `npm start` runs with now, beneath `.env` and the process's environment, so that `relay` finds
 * the servers that were started on free ports.
 */
export function readRunningEnvironment(folder: string = process.cwd()): RawEnvironment {
  return { ...readEnvFile(join(folder, RUNNING_ENV_FILE)), ...readEnvironment(folder) };
}

function readEnvFile(path: string): RawEnvironment {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
