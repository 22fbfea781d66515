import pg from 'pg';

/** SQLSTATEs of PostgreSQL. */
const NO_SUCH_DATABASE = '3D000';
const DATABASE_EXISTS = '42P04';
const NAME_TAKEN_MEANWHILE = '23505'; // two CREATE DATABASE of one name at the same time
const LOGIN_REFUSED = ['28P01', '28000'];

/** A URL as Prisma writes it, in the fields that `pg` takes apart, and Prisma's own `schema` parameter. */
export function readDatabaseUrl(databaseUrl) {
  const url = new URL(databaseUrl);
  const sslmode = url.searchParams.get('sslmode') ?? 'disable';
  return {
    schema: url.searchParams.get('schema') ?? undefined,
    connection: {
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(url.port || 5432),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: decodeURIComponent(url.pathname.slice(1)) || 'postgres',
      ...(sslmode === 'disable' ? {} : { ssl: { rejectUnauthorized: sslmode.startsWith('verify') } }),
    },
  };
}

export async function withClient(connection, act) {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

export async function canConnect(databaseUrl) {
  const { connection } = readDatabaseUrl(databaseUrl);
  await withClient(connection, (client) => client.query('SELECT 1'));
}

/** @returns the database's name; one that exists already is left as it is. */
export async function createDatabase(databaseUrl) {
  const { connection } = readDatabaseUrl(databaseUrl);
  await onMaintenanceDatabase(connection, async (client) => {
    try {
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(connection.database)}`);
    } catch (error) {
      if (error.code !== DATABASE_EXISTS && error.code !== NAME_TAKEN_MEANWHILE) throw error;
    }
  });
  return connection.database;
}

export async function dropDatabase(databaseUrl) {
  const { connection } = readDatabaseUrl(databaseUrl);
  await onMaintenanceDatabase(connection, (client) =>
    client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(connection.database)} WITH (FORCE)`),
  );
}

/** Prisma's code for a failed connection; undefined for an error that is none. */
export function errorCode(error) {
  const code = error?.code ?? '';
  if (/^P\d{4}$/.test(code)) return code;
  if (code === NO_SUCH_DATABASE) return 'P1003';
  if (LOGIN_REFUSED.includes(code)) return 'P1000';
  const fromServerOrSocket = /^([0-9A-Z]{5}|E[A-Z]+)$/.test(code);
  return fromServerOrSocket ? 'P1001' : undefined;
}

/** A database cannot be created or dropped from within itself. Some hosts have no `postgres`, none lacks `template1`. */
async function onMaintenanceDatabase(connection, act) {
  try {
    return await withClient({ ...connection, database: 'postgres' }, act);
  } catch (error) {
    if (error.code !== NO_SUCH_DATABASE) throw error;
    return withClient({ ...connection, database: 'template1' }, act);
  }
}
