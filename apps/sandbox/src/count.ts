import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { countRecord } from './count-record.js';

const USAGE = 'Use: count --record DIR [--json]';

function main(): number {
  let values: { record?: string | undefined; json?: boolean | undefined };
  try {
    ({ values } = parseArgs({ options: { record: { type: 'string' }, json: { type: 'boolean' } } }));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'Bad options.'} ${USAGE}\n`);
    return 64;
  }
  if (values.record === undefined || !existsSync(values.record)) {
    process.stderr.write(`--record names the folder that the sandbox wrote. ${USAGE}\n`);
    return 64;
  }
  const counted = countRecord(values.record);
  const lines = Object.entries(counted).map(([name, count]) => `${name.padEnd(18)}${count}`);
  process.stdout.write(values.json === true ? `${JSON.stringify(counted)}\n` : `${lines.join('\n')}\n`);
  return 0;
}

process.exitCode = main();
