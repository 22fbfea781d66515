export {
  assertNoProcessLeft,
  startProcess,
  type ProcessEnd,
  type ProcessOptions,
  type StartedProcess,
} from './start-process.js';
export { createTestDatabase, type TestDatabase } from './test-database.js';
export { createTestRedis, type TestRedis } from './test-redis.js';
export { waitFor, type WaitOptions } from './wait-for.js';
