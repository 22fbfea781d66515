export { comparePolling, type PollingResult } from './polling/compare-polling.js';
