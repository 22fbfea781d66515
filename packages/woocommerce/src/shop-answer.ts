import type { AxiosError, AxiosResponse } from 'axios';
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
  if (deadline.aborted) return { kind: 'no-answer', code: 'deadline' };
  if (error.message.startsWith('maxContentLength')) return { kind: 'no-answer', code: 'answer-too-large' };
  return { kind: 'no-answer', code: error.code ?? 'no-answer' };
}

/** Header names in lower case; several of one name joined. */
export function headersOf(answer: Pick<AxiosResponse, 'headers'>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(answer.headers as Record<string, unknown>).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : String(value),
    ]),
  );
}

/** @returns undefined when it is not JSON. */
export function parseJson(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The shop's clock: the answer's `Date`, or the clock here where there is none. */
export function serverDateOf(headers: Readonly<Record<string, string>>): Date {
  const at = Date.parse(headers['date'] ?? '');
  return Number.isNaN(at) ? new Date() : new Date(at);
}
