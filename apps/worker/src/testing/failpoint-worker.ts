import { parseArgs } from 'node:util';
import { loadSettings, readEnvironment } from '@relay/config';
import type { HandOffStep } from '@relay/handoff';
import { createLogger } from '@relay/observability';
import { openRelay } from '@relay/operations';
import { startWorker } from '../worker.js';

/**
 * For tests only, and not in the build: a worker that kills or stops itself at one step of the first order that gets
 * there. `--at after-claim [--signal SIGKILL|SIGSTOP]`.
 */
const { values } = parseArgs({ options: { at: { type: 'string' }, signal: { type: 'string', default: 'SIGKILL' } } });
const settings = loadSettings(readEnvironment(process.cwd()));
const log = createLogger({ level: settings.logLevel, service: 'worker' });
const relay = await openRelay(settings, log);

let struck = false;
const worker = await startWorker(relay, {
  onStep: async (step: HandOffStep) => {
    if (struck || step !== values.at) return;
    struck = true;
    process.kill(process.pid, values.signal);
  },
});
process.on('SIGTERM', () => {
  void worker
    .stop()
    .then(() => relay.close())
    .then(() => process.exit(0));
});
