/**
 * `npm test`: makes everything ready that the tests need, runs them, and ends with a line alone, `N passed, N failed`.
 * What is missing and cannot be installed is a failure with a sentence; no test is skipped for it.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap, BootstrapError, ROOT } from './bootstrap.mjs';
import { ensureChromium, ensureRedis } from './test-requirements.mjs';

const jestArguments = process.argv.slice(2);
const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');

try {
  await bootstrap();
  await ensureRedis();
  await ensureChromium(await testFiles());
  await runTests();
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error;
  console.error(error.message);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
}

async function testFiles() {
  const { output } = await node([jest, '--listTests', ...jestArguments], ['ignore', 'pipe', 'ignore']);
  return output.split('\n').filter((line) => line.endsWith('.spec.ts'));
}

async function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'relay-test-'));
  const outputFile = join(folder, 'results.json');
  try {
    const { code } = await node(
      [jest, '--json', `--outputFile=${outputFile}`, ...jestArguments],
      ['ignore', 'ignore', 'inherit'],
    );
    const { passed, failed, skipped } = readCounts(outputFile);
    if (skipped > 0) console.log(`${skipped} skipped`);
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = code === 0 && failed === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A test file that cannot even be loaded holds no counted test: it counts as one that failed. */
function readCounts(outputFile) {
  try {
    const results = JSON.parse(readFileSync(outputFile, 'utf8'));
    return {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }; // jest itself failed, and has said why
  }
}

function node(args, stdio) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio });
    const output = [];
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output: output.map(String).join('') }));
  });
}
