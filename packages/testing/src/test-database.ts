import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { serverUrl } from './server-url.js';

/** Made and migrated by `jest-global-setup.mjs`. */
const TEMPLATE = 'relay_template';

export interface TestDatabase {
  readonly url: string;
  /** Also ends the sessions that are still on it. */
  drop(): Promise<void>;
}

/** A migrated, empty database that nobody else uses. Takes some 50 ms: one per test file, or one per test. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  const url = new URL(serverUrl('RELAY_TEST_POSTGRES_URL'));
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client(serverUrl('RELAY_TEST_POSTGRES_URL'));
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
