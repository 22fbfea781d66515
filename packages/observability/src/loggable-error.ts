import { types } from 'node:util';
import { CallFailure } from '@relay/core';

/**
 * An error as fields of a log line. A failed call says its class, status and code; any other error its name, message
 * and stack. Never more: errors of HTTP clients carry `config`, `request` and `response`, and with them the keys and
 * the customer's address.
 */
export function loggableError(error: Error): Record<string, unknown> {
  if (error instanceof CallFailure) {
    const { name, target, action, failure, status, code, retryAfterMs } = error;
    return { name, target, action, failure, status, code, retryAfterMs };
  }
  const { name, message, stack } = error;
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause = types.isNativeError(error.cause) ? { cause: error.cause } : {};
  return { name, message, ...code, stack, ...cause };
}
