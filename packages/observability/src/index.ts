export { loggableError } from './loggable-error.js';
export {
  createLogger,
  createSilentLogger,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
} from './logger.js';
export { createMetrics, statusClass, type IntentCount, type Metrics, type MetricSources } from './metrics.js';
export { recordApiCall } from './record-api-call.js';
export { redact, redactText } from './redact.js';
