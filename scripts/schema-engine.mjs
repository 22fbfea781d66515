#!/usr/bin/env node
/**
 * A stand-in for Prisma's native schema engine (PRISMA_SCHEMA_ENGINE_BINARY, see prisma.config.ts): it speaks the CLI's
 * protocol and runs Prisma's own engine compiled to WASM over @prisma/adapter-pg, so nothing is downloaded. This file
 * must stay executable: the CLI spawns it as a program.
 *
 * Two ways of being called: `… cli <command>` does one act and answers through the exit code and a line of JSON on
 * stderr; without a command it answers JSON-RPC on stdin and stdout until stdin closes.
 */
import { canConnect, createDatabase, dropDatabase, errorCode } from './schema-engine/databases.mjs';
import { log } from './schema-engine/log.mjs';
import { serve } from './schema-engine/rpc.mjs';

const FLAGS_WITH_A_VALUE_OF_NO_USE_HERE = ['--enabled-preview-features', '--extension-types'];

const { command, version, datasource, datamodels } = parseArguments(process.argv.slice(2));
if (version) {
  console.log('schema-engine-cli wasm');
} else if (command === undefined) {
  await serve({ databaseUrl: datasource?.url, datamodels });
} else {
  process.exitCode = await runCommand(command, datasource?.url);
}

function parseArguments(args) {
  const parsed = { command: undefined, version: false, datasource: undefined, datamodels: [] };
  const rest = [...args];
  while (rest.length > 0) {
    const flag = rest.shift();
    if (flag === '--version' || flag === '-V') parsed.version = true;
    else if (flag === '--datasource') parsed.datasource = JSON.parse(rest.shift());
    else if (flag === '--datamodels' || flag === '-d') parsed.datamodels.push(rest.shift());
    else if (flag === 'cli') parsed.command = rest.shift();
    else if (FLAGS_WITH_A_VALUE_OF_NO_USE_HERE.includes(flag)) rest.shift();
  }
  return parsed;
}

async function runCommand(name, databaseUrl) {
  const commands = {
    'can-connect-to-database': canConnect,
    'create-database': createDatabase,
    'drop-database': dropDatabase,
  };
  try {
    const run = commands[name];
    if (run === undefined) throw new Error(`The schema engine knows no command "${name}".`);
    await run(databaseUrl);
    log('INFO', 'ok');
    return 0;
  } catch (error) {
    process.stderr.write('\n'); // the CLI reads the last line, and a warning of Node's may stand unfinished before it
    log('ERROR', error.message, { error_code: errorCode(error), is_panic: false });
    return 1;
  }
}
