import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import { withClient } from './databases.mjs';

/** PostgreSQL's type ids. */
const CHAR = 18;
const TEXT = 25;

/**
 * Prisma's adapter, mended for migrations in three places. Construct it with host, port, user, password and database
 * apart, never with a `connectionString`: `pg` lets that win over `database`, so that the shadow database, which is
 * wiped, would be the real one.
 */
export class MigratingPg extends PrismaPg {
  async connect() {
    const connection = readCharColumns(await super.connect());
    runScriptsWhole(connection);
    return connection;
  }

  /** As the adapter's own, which however drops the shadow database while its own pool holds it: 5 s, then an error. */
  async connectToShadowDb() {
    const database = `prisma_migrate_shadow_db_${randomUUID()}`;
    await withClient(this.config, (client) => client.query(`CREATE DATABASE "${database}" TEMPLATE template0`));
    const connection = await new PrismaPg({ ...this.config, database }, this.options).connect();
    runScriptsWhole(connection);
    const dispose = connection.dispose.bind(connection);
    connection.dispose = async () => {
      await dispose();
      await withClient(this.config, (client) => client.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`));
    };
    return connection;
  }
}

let patched = false;

/**
 * The engine's catalogue queries return columns of type "char", which it wants as Character and which the adapter does
 * not know (7.10). Patched once, on the class under main, shadow and transaction connections.
 */
function readCharColumns(connection) {
  if (patched) return connection;
  const proto = prototypeWith(connection, 'performIO');
  const { performIO, queryRaw } = proto;
  const charColumnsOfQuery = new AsyncLocalStorage();

  proto.performIO = async function (query) {
    const result = await performIO.call(this, query);
    for (const [index, field] of (result?.fields ?? []).entries()) {
      if (field.dataTypeID !== CHAR) continue;
      field.dataTypeID = TEXT;
      charColumnsOfQuery.getStore()?.push(index);
    }
    return result;
  };
  proto.queryRaw = function (query) {
    const charColumns = [];
    return charColumnsOfQuery.run(charColumns, async () => {
      const result = await queryRaw.call(this, query);
      for (const index of charColumns) result.columnTypes[index] = ColumnTypeEnum.Character;
      return result;
    });
  };
  patched = true;
  return connection;
}

/**
 * The adapter cuts a script at every semicolon, those in the body of a function too (7.10). PostgreSQL takes a whole
 * script, and does it all or not at all.
 */
function runScriptsWhole(connection) {
  if (typeof connection.executeScript !== 'function' || connection.client === undefined)
    throw new Error('@prisma/adapter-pg has changed its shape: no executeScript() and client side by side.');
  connection.executeScript = async (script) => {
    try {
      await connection.client.query(script);
    } catch (error) {
      connection.onError(error);
    }
  };
}

function prototypeWith(object, method) {
  for (let proto = object; proto; proto = Object.getPrototypeOf(proto)) {
    if (Object.hasOwn(proto, method) && Object.hasOwn(proto, 'queryRaw')) return proto;
  }
  throw new Error(`@prisma/adapter-pg has changed its shape: no ${method}() and queryRaw() side by side.`);
}
