export { headersOf, parseJson, requestIdOf, transportCode } from './answer.js';
export { connectTimeoutAgents } from './connect-timeout-agents.js';
export { retryWithin } from './retry-within.js';
