export { runRelay, type RunOptions } from './run-relay.js';
