import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { projectFile } from '@relay/testing';
import pg from 'pg';
import type { World } from '../world/world.js';

const MIGRATIONS = projectFile('prisma/migrations');

/** Empty: nobody has run `prisma migrate deploy`. @returns its URL. */
export async function createDatabase(world: World): Promise<string> {
  const { plan } = world;
  const name = `unmigrated_${randomUUID().replaceAll('-', '')}`;
  await on(plan.servers.postgresUrl, `create database ${name}`);
  world.onClose(() => on(plan.servers.postgresUrl, `drop database if exists ${name} with (force)`));
  const url = new URL(plan.servers.postgresUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** As an older version left it: its migrations, and its notes of them, without the last one. */
export async function migratedButTheLast(world: World): Promise<string> {
  const url = await createDatabase(world);
  const folders = await readdir(MIGRATIONS, { withFileTypes: true });
  const names = folders.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
  await on(
    url,
    `create table _prisma_migrations (id text, checksum text, finished_at timestamptz, migration_name text, logs text,
       rolled_back_at timestamptz, started_at timestamptz default now(), applied_steps_count int default 1)`,
  );
  for (const name of names.slice(0, -1)) {
    await on(url, await readFile(`${MIGRATIONS}/${name}/migration.sql`, 'utf8'));
    await on(
      url,
      `insert into _prisma_migrations (id, migration_name, finished_at) values ('${randomUUID()}', '${name}', now())`,
    );
  }
  return url;
}

async function on(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
