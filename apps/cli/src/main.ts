#!/usr/bin/env node
import { readRunningEnvironment } from '@relay/config';
import { runRelay } from './run-relay.js';
import { askSecret, confirm, isTerminal, readStdin } from './terminal.js';

// `relay orders held | head -1`: the reader had enough, which is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await runRelay(process.argv.slice(2), {
  env: readRunningEnvironment(),
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: isTerminal(),
  confirm,
  askSecret,
  readStdin,
});
