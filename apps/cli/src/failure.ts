import { types } from 'node:util';
import { SettingsError, type SettingsFault } from '@relay/config';
import { CallFailure } from '@relay/core';
import { ShopChanged } from '@relay/intake';
import { WrongSecretKey } from '@relay/ledger';
import { AccountChanged, NotMigrated, UnsafeToSend } from '@relay/operations';
import { Refused, type Advice } from './answer.js';
import { EXIT } from './exit-codes.js';

/** How a command ended that did not do its work. */
export interface Failure {
  readonly exitCode: number;
  readonly kind: 'refused' | 'settings' | 'unavailable' | 'failed';
  readonly advice: readonly Advice[];
  /** Settings that are missing or wrong, all of them. */
  readonly faults?: readonly SettingsFault[];
}

/** The one table from what was thrown to what the command ends with. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Refused) return { exitCode: error.exitCode, kind: 'refused', advice: error.advice };
  if (error instanceof SettingsError)
    return {
      ...settings(
        error.message,
        'Start it first with `npm start`, which leaves its settings here while it runs; or set them in the environment or in .env (.env.example explains each).',
      ),
      faults: error.faults,
    };
  if (
    error instanceof NotMigrated ||
    error instanceof WrongSecretKey ||
    error instanceof AccountChanged ||
    error instanceof UnsafeToSend
  )
    return settings(...whatAndToDo(error.message));
  if (error instanceof ShopChanged)
    return settings(error.message, 'Set WC_BASE_URL back, or start with a new DATABASE_URL.');
  if (error instanceof CallFailure) return failedCall(error);
  if (!types.isNativeError(error)) return failed(String(error));
  return awayRedis(error) ?? postgres(error) ?? failed(error.message);
}

const AWAY_FOR_A_WHILE = ['unavailable', 'throttled', 'retry-later'];

function failedCall(error: CallFailure): Failure {
  return AWAY_FOR_A_WHILE.includes(error.failure)
    ? unavailable(error.message, 'Try again when it answers; `relay shop check` says whether it does.')
    : { ...failed(error.message), advice: [{ what: error.message, toDo: 'See `relay shop check`.' }] };
}

function awayRedis(error: Error): Failure | null {
  const names = ['MaxRetriesPerRequestError', 'ClusterAllFailedError'];
  const texts = ['Command timed out', 'Connection is closed.'];
  return names.includes(error.name) || texts.includes(error.message)
    ? unavailable('Redis does not answer', 'Start it, or check REDIS_URL.')
    : null;
}

const UNREACHABLE = new Set(
  ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE'].concat([
    '57P01', // shutting down
    '57P02',
    '57P03', // starting up
    '53300', // too many connections
  ]),
);
const REFUSED_URL: Readonly<Record<string, string>> = {
  '28P01': 'user or password is wrong',
  '28000': 'this user may not log in',
  '3D000': 'there is no such database',
};

function postgres(error: Error): Failure | null {
  const code = codeOf(error);
  const refusal = REFUSED_URL[code];
  if (refusal !== undefined)
    return settings(`PostgreSQL refuses DATABASE_URL: ${refusal}`, 'Mend user, password or database in it.');
  const lost = /timeout exceeded when trying to connect|Connection terminated/.test(error.message);
  return UNREACHABLE.has(code) || lost
    ? unavailable('PostgreSQL does not answer', 'Start it, or check DATABASE_URL.')
    : null;
}

/** These errors say what is wrong in their first sentence, and what to do in the rest. */
function whatAndToDo(message: string): [string, string] {
  const end = message.indexOf('. ');
  return [message.slice(0, end), message.slice(end + 2)];
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function settings(what: string, toDo: string): Failure {
  return { exitCode: EXIT.config, kind: 'settings', advice: [{ what, toDo }] };
}

function unavailable(what: string, toDo: string): Failure {
  return { exitCode: EXIT.unavailable, kind: 'unavailable', advice: [{ what, toDo }] };
}

function failed(what: string): Failure {
  return {
    exitCode: EXIT.failed,
    kind: 'failed',
    advice: [{ what, toDo: 'LOG_LEVEL=debug prints where it came from.' }],
  };
}
