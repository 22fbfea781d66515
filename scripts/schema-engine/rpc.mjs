import { createInterface } from 'node:readline';
import { canConnect, createDatabase, errorCode } from './databases.mjs';
import { createEngine, panicMessage } from './wasm-engine.mjs';

/** What the CLI may ask of the engine itself, under the engine's own names. */
const ENGINE_METHODS = [
  'applyMigrations',
  'createMigration',
  'dbExecute',
  'devDiagnostic',
  'diagnoseMigrationHistory',
  'evaluateDataLoss',
  'introspect',
  'introspectSql',
  'markMigrationApplied',
  'markMigrationRolledBack',
  'reset',
  'schemaPush',
  'diff',
];

/** The code under which the native engine reports an error of its own, and by which the CLI knows one. */
const ENGINE_ERROR = 4466;

/** Answers one request after the other, in the order of their coming, until stdin closes. */
export async function serve({ databaseUrl, datamodels }) {
  const handlers = createHandlers({ databaseUrl, datamodels });
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    const request = JSON.parse(line);
    const isAcknowledgementOfAPrint = request.method === undefined;
    if (!isAcknowledgementOfAPrint) await answer(handlers, request);
  }
  process.exit(0); // the adapter's pool would keep the process alive
}

function createHandlers({ databaseUrl, datamodels }) {
  let engine;
  const getEngine = () => (engine ??= createEngine({ databaseUrl, datamodels }));
  const urlOf = (params) => params?.datasource?.url ?? databaseUrl;

  const handlers = {
    createDatabase: async (params) => ({ databaseName: await createDatabase(urlOf(params)) }),
    ensureConnectionValidity: async (params) => {
      await canConnect(urlOf(params));
      return {};
    },
    getDatabaseVersion: async (params) => (await getEngine()).version(params ?? null),
  };
  for (const method of ENGINE_METHODS) {
    handlers[method] = async (params) => (await getEngine())[method](params);
  }
  return handlers;
}

async function answer(handlers, { id, method, params }) {
  try {
    const handler = handlers[method];
    if (handler === undefined) throw new Error(`The schema engine knows no method "${method}".`);
    const result = await handler(params);
    if (method === 'diff' && typeof result?.stdout === 'string') {
      send({ id: `print-${id}`, method: 'print', params: { content: result.stdout } });
    }
    send({ id, result: result ?? {} });
  } catch (error) {
    const data = {
      is_panic: false, // a panic makes the CLI offer a report to Prisma
      message: panicMessage() || error?.message || String(error),
      meta: error?.meta,
      error_code: errorCode(error),
    };
    send({ id, error: { code: ENGINE_ERROR, message: 'An error happened. Check the data field for details.', data } });
  }
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}
