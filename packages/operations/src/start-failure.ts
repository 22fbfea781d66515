import { SettingsError } from '@relay/config';
import { WrongSecretKey } from '@relay/ledger';
import { AccountChanged } from './relay.js';
import { NotMigrated } from './assert-migrated.js';
import { UnsafeToSend } from './assert-may-send.js';
import { DatabaseRefused } from './open-patiently.js';

const MISCONFIGURATIONS = [SettingsError, NotMigrated, WrongSecretKey, AccountChanged, DatabaseRefused, UnsafeToSend];

/** Starting again changes nothing about these: a person has to. Their messages say what. Exit code 78. */
export function isMisconfiguration(error: unknown): error is Error {
  return MISCONFIGURATIONS.some((kind) => error instanceof kind);
}
