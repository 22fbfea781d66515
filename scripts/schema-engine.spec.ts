import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '@relay/testing';

const ROOT = join(__dirname, '..');
const PRISMA = join(ROOT, 'node_modules', 'prisma', 'build', 'index.js');

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as people run it; the engine is named, so that the test holds where the native one is installed too. */
function prisma(databaseUrl: string, ...args: string[]): Promise<Run> {
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DATABASE_URL: databaseUrl,
    PRISMA_SCHEMA_ENGINE_BINARY: join(ROOT, 'scripts', 'schema-engine.mjs'),
    CHECKPOINT_DISABLE: '1',
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [PRISMA, ...args], { cwd: ROOT, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}

describe('the schema engine in WASM, with the schema of this repository', () => {
  let database: TestDatabase;
  /** Beside the migrated one, on the same server: what migrations make of nothing. */
  let emptyUrl: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    const url = new URL(database.url);
    url.pathname += '_from_nothing';
    emptyUrl = url.href;
  });

  afterAll(async () => {
    await onDatabase(database.url, (client) =>
      client.query(`DROP DATABASE IF EXISTS ${new URL(emptyUrl).pathname.slice(1)}`),
    );
    await database.drop();
  });

  it('creates the database and applies all migrations, and then finds none pending', async () => {
    const first = await prisma(emptyUrl, 'migrate', 'deploy');
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toContain('All migrations have been successfully applied.');
    const second = await prisma(emptyUrl, 'migrate', 'deploy');
    expect(second.stdout).toContain('No pending migrations to apply.');
  });

  it('finds no difference between the migrated database and the schema', async () => {
    const diff = await prisma(
      database.url,
      ...['migrate', 'diff', '--from-config-datasource', '--to-schema', 'prisma/schema.prisma', '--exit-code'],
    );
    expect(diff).toMatchObject({ code: 0, stdout: expect.stringContaining('No difference detected.') as string });
  });

  it('tells a difference, with exit code 2, and leaves the database alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'relay-schema-'));
    const schema = readFileSync(join(ROOT, 'prisma', 'schema.prisma'), 'utf8');
    const changed = join(folder, 'schema.prisma');
    writeFileSync(changed, `${schema}\nmodel Novelty {\n  id Int @id\n}\n`);
    const diff = await prisma(
      database.url,
      ...['migrate', 'diff', '--from-config-datasource', '--to-schema', changed, '--exit-code', '--script'],
    );
    rmSync(folder, { recursive: true });
    expect(diff.code).toBe(2);
    expect(diff.stdout).toContain('CREATE TABLE "Novelty"');
    const tables = await onDatabase(database.url, (client) =>
      client.query(`select to_regclass('"Novelty"') as novelty`),
    );
    expect(tables.rows).toEqual([{ novelty: null }]);
  });

  it('replays the migrations in a shadow database of its own and never in the real one', async () => {
    const mark = (client: pg.Client) => client.query('create table if not exists precious (id int)');
    await onDatabase(database.url, mark);
    const diff = await prisma(
      database.url,
      ...[
        'migrate',
        'diff',
        '--from-migrations',
        'prisma/migrations',
        '--to-schema',
        'prisma/schema.prisma',
        '--exit-code',
      ],
    );
    expect(diff).toMatchObject({ code: 0 });
    const { rows } = await onDatabase(database.url, (client) =>
      client.query(
        `select to_regclass('precious')::text as precious,
                (select count(*)::int from pg_database where datname like 'prisma_migrate_shadow_db_%') as shadows`,
      ),
    );
    expect(rows).toEqual([{ precious: 'precious', shadows: 0 }]);
  });

  it('says what is wrong with a connection, in the codes of Prisma', async () => {
    const refused = new URL(database.url);
    refused.password = 'wrong';
    expect((await prisma(refused.href, 'migrate', 'deploy')).stderr).toContain('P1000');
    expect((await prisma('postgresql://relay:relay@127.0.0.1:1/relay', 'migrate', 'deploy')).stderr).toContain('P1001');
  });
});

async function onDatabase<T>(url: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}
