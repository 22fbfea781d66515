export { loggableError } from './loggable-error.js';
export {
  createLogger,
  createSilentLogger,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
} from './logger.js';
export {
  createMetrics,
  type AttemptTotal,
  type CallTotal,
  type IntentCount,
  type Metrics,
  type MetricSources,
} from './metrics.js';
export { redact, redactText } from './redact.js';
