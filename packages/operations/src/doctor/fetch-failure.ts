import { types } from 'node:util';

/** What is the matter with a TLS certificate, by Node's codes. */
export const CERTIFICATE_CODE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS|HOSTNAME/;

/** Why a `fetch` failed, as a code: `timeout`, `ECONNREFUSED`, `CERT_HAS_EXPIRED`, … */
export function fetchFailure(error: unknown): string {
  if (!types.isNativeError(error)) return 'no-answer';
  if (error.name === 'TimeoutError') return 'timeout';
  const { cause } = error;
  if (!types.isNativeError(cause)) return error.message;
  return 'code' in cause ? String(cause.code) : cause.message;
}
