import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg';
import { readDatabaseUrl } from './databases.mjs';
import { log } from './log.mjs';
import { MigratingPg } from './migrating-adapter.mjs';

/** `migrate diff` between two files asks for an engine but for no database: nothing listens here, and nothing is asked. */
const NO_DATABASE = 'postgresql://nobody@127.0.0.1:1/none';

/** The engine writes the message of a panic here; what it throws then says only "unreachable". */
const panic = {
  message: '',
  set_message(message) {
    this.message = message;
    log('ERROR', message, { is_panic: true });
  },
};

export const panicMessage = () => panic.message;

export async function createEngine({ databaseUrl, datamodels }) {
  await instantiate();
  const { connection, schema } = readDatabaseUrl(databaseUrl ?? NO_DATABASE);
  const adapter = new MigratingPg({ ...connection, max: 2 }, { schema });
  const schemas = datamodels.map((file) => [file, readFileSync(file, 'utf8')]);
  const ignoreDebugLines = () => {};
  return glue.SchemaEngine.new(
    { datamodels: schemas.length === 0 ? undefined : schemas },
    ignoreDebugLines,
    bindMigrationAwareSqlAdapterFactory(adapter),
  );
}

async function instantiate() {
  const folder = dirname(fileURLToPath(import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg')));
  const wasm = readFileSync(join(folder, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': glue });
  globalThis.PRISMA_WASM_PANIC_REGISTRY = panic;
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}
