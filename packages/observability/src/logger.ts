import winston from 'winston';
import { loggableError } from './loggable-error.js';
import { redact, redactText } from './redact.js';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * What the house logs through. Ids, counts, classes and times belong in the fields; customer data and secrets do not,
 * and what looks like them is blotted out (`redact.ts`). An error goes in the field `error`.
 */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each of its lines: `logger.child({ shop, orderId })`. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Which program speaks: `api`, `worker`, `cli`. */
  readonly service: string;
  /** Where the lines go; stdout when left out. */
  readonly stream?: NodeJS.WritableStream;
}

/** One JSON object a line: timestamp, level, service, message, fields. */
export function createLogger({ level, service, stream = process.stdout }: LoggerOptions): Logger {
  const target = winston.createLogger({
    level,
    format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
    transports: [new winston.transports.Stream({ stream })],
  });
  return writingTo((at, message, fields) => target.log({ ...fields, level: at, message, service }), {});
}

/** For tests: says nothing. */
export function createSilentLogger(): Logger {
  return writingTo(() => undefined, {});
}

type Write = (level: LogLevel, message: string, fields: Record<string, unknown>) => void;

function writingTo(write: Write, inherited: LogFields): Logger {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) =>
    write(level, redactText(message), readable({ ...inherited, ...fields }));
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    child: (fields) => writingTo(write, { ...inherited, ...fields }),
  };
}

function readable(fields: LogFields): Record<string, unknown> {
  return redact(fields, loggableError) as Record<string, unknown>;
}
