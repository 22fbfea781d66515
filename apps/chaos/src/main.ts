import { runChaos } from './run/run-chaos.js';

/** Ctrl-C and SIGTERM end what runs in order: worlds are closed, servers stopped. */
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

process.exitCode = await runChaos(process.argv.slice(2), stopping.signal);
