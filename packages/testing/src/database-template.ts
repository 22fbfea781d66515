import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';
import { projectFile } from './project-file.js';

/** The migrated database of which `createTestDatabase` makes copies. */
export const TEMPLATE = 'relay_template';

export async function createTemplate(serverUrl: string): Promise<void> {
  const url = new URL(serverUrl);
  url.pathname = `/${TEMPLATE}`;
  await migrate(url.href);
  const client = new pg.Client(serverUrl);
  await client.connect();
  // A database that someone is connected to cannot be copied.
  await client.query(`ALTER DATABASE ${TEMPLATE} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`);
  await client.end();
}

/** Applies the migrations, making the database where it is missing. @throws what the migration said. */
export async function migrate(databaseUrl: string): Promise<void> {
  const prisma = projectFile('node_modules/prisma/build/index.js');
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, DATABASE_URL: databaseUrl, CHECKPOINT_DISABLE: '1' };
  try {
    await promisify(execFile)(process.execPath, [prisma, 'migrate', 'deploy'], { cwd: projectFile('.'), env });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`The migrations could not be applied:\n${stdout}${stderr}`, { cause: error });
  }
}
