export { createTemplate, migrate } from './database-template.js';
export { LedgerProbe } from './ledger-probe.js';
export { projectFile } from './project-file.js';
export { RelayProcesses, waitForEnd, waitUntilStopped, wake, type WorkerOptions } from './relay-processes.js';
export { sandboxSettings, SHORT_TIMES, type Environment } from './relay-settings.js';
export { Sandbox, type AcceptedOrder, type Counted, type SandboxOrder, type SandboxProduct } from './sandbox.js';
export { SeededRandom } from './seeded-random.js';
export {
  assertNoProcessLeft,
  startProcess,
  type ProcessEnd,
  type ProcessOptions,
  type StartedProcess,
} from './start-process.js';
export { startTcpProxy, type TcpProxy } from './tcp-proxy.js';
export { createTestDatabase, type TestDatabase } from './test-database.js';
export { createTestRedis, type TestRedis } from './test-redis.js';
export { waitFor, type WaitOptions } from './wait-for.js';
