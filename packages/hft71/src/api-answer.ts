import { headersOf, transportCode } from '@relay/http';
import type { AxiosError } from 'axios';
import type { BadEnd } from './failures.js';

/** Reduces an error of axios to what may be told of it. */
export function endOf(error: AxiosError, deadline: AbortSignal): BadEnd {
  // Without a whole body there is no answer, whatever its first line said.
  if (error.response !== undefined && error.response.data !== undefined)
    return { kind: 'answer', status: error.response.status, headers: headersOf(error.response) };
  return { kind: 'no-answer', code: transportCode(error, deadline) };
}
