import { headersOf, parseJson, transportCode } from '@relay/http';
import type { AxiosError } from 'axios';
import { z } from 'zod';
import type { BadEnd } from './failures.js';

const errorBody = z.object({ code: z.string(), message: z.string().nullish() });

/** Reduces an error of axios to what may be told of it. */
export function endOf(error: AxiosError, deadline: AbortSignal): BadEnd {
  // Without a whole body there is no answer, whatever its first line said.
  if (error.response !== undefined && error.response.data !== undefined) {
    const parsed = errorBody.safeParse(parseJson(error.response.data)).data;
    return {
      kind: 'answer',
      status: error.response.status,
      headers: headersOf(error.response),
      wooCode: parsed?.code ?? null,
      wooMessage: parsed?.message ?? null,
    };
  }
  return { kind: 'no-answer', code: transportCode(error, deadline) };
}

/** The shop's clock: the answer's `Date`, or the clock here where there is none. */
export function serverDateOf(headers: Readonly<Record<string, string>>): Date {
  const at = Date.parse(headers['date'] ?? '');
  return Number.isNaN(at) ? new Date() : new Date(at);
}
