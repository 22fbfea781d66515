import { randomUUID } from 'node:crypto';
import { waitFor } from '@relay/testing';
import pg from 'pg';

/**
 * A copy of the database as it is now, made by PostgreSQL itself. Whoever is connected is cut off, and kept out meanwhile:
 * a database that is in use cannot be copied.
 * @returns what puts the copy in the database's place.
 */
export async function backUp(databaseUrl: string): Promise<() => Promise<void>> {
  const name = new URL(databaseUrl).pathname.slice(1);
  const backup = `backup_${randomUUID().replaceAll('-', '')}`;
  await copy(databaseUrl, name, backup);
  return async () => {
    await onServer(databaseUrl, `drop database ${name} with (force)`);
    await copy(databaseUrl, backup, name);
    await onServer(databaseUrl, `drop database ${backup}`);
  };
}

async function copy(databaseUrl: string, from: string, to: string): Promise<void> {
  await onServer(databaseUrl, `alter database ${from} with allow_connections false`);
  await onServer(databaseUrl, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${from}'`);
  // A backend that was told to end may need a moment.
  await waitFor(() => onServer(databaseUrl, `create database ${to} template ${from}`).then(() => true), {
    what: 'the database to be free for a copy',
    intervalMs: 100,
  });
  await onServer(databaseUrl, `alter database ${from} with allow_connections true`);
}

async function onServer(databaseUrl: string, statement: string): Promise<void> {
  const url = new URL(databaseUrl);
  url.pathname = '/postgres';
  const client = new pg.Client(url.href);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
