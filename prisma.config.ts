import { accessSync, chmodSync, constants, existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { defineConfig } from 'prisma/config';

// Prisma's CLI wants a native schema engine, which an install without scripts never downloads. Where it is absent,
// Prisma's own engine compiled to WASM takes its place; where it is present, Prisma goes its ordinary way.
if (!nativeSchemaEngineIsInstalled()) {
  process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= executable(join(import.meta.dirname, 'scripts', 'schema-engine.mjs'));
}
process.env.PRISMA_HIDE_UPDATE_MESSAGE ??= '1';

export default defineConfig({
  schema: join('prisma', 'schema.prisma'),
  migrations: { path: join('prisma', 'migrations') },
  datasource: { url: databaseUrl() },
});

function nativeSchemaEngineIsInstalled(): boolean {
  const folder = dirname(createRequire(import.meta.url).resolve('@prisma/engines/package.json'));
  return readdirSync(folder).some((name) => /^schema-engine-(?!.*\.(gz|sha256|tmp)$)/.test(name));
}

/** Empty when unset: `generate` and `validate` need no database. */
function databaseUrl(): string {
  if (process.env.DATABASE_URL !== undefined) return process.env.DATABASE_URL;
  const file = join(import.meta.dirname, '.env');
  return (existsSync(file) && parseEnv(readFileSync(file, 'utf8')).DATABASE_URL) || '';
}

/** A checkout by way of an archive may have lost the run bit. */
function executable(path: string): string {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    chmodSync(path, 0o755);
  }
  return path;
}
