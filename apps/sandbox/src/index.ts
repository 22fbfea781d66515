export { startSandbox, type Sandbox, type SandboxInfo } from './sandbox.js';
export { DEFAULT_OPTIONS, type SandboxOptions, type DuplicateReference } from './options.js';
export { countRecord } from './count-record.js';
export type { Counted } from './count-orders.js';
