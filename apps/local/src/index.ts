export { runLocally } from './run-locally.js';
