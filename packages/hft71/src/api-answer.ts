import type { AxiosError, AxiosResponse } from 'axios';
import type { BadEnd } from './failures.js';

/** Reduces an error of axios to what may be told of it. */
export function endOf(error: AxiosError, deadline: AbortSignal): BadEnd {
  // Without a whole body there is no answer, whatever its first line said.
  if (error.response !== undefined && error.response.data !== undefined)
    return { kind: 'answer', status: error.response.status, headers: headersOf(error.response) };
  return { kind: 'no-answer', code: transportCode(error, deadline) };
}

/** For the log alone: nothing is decided by it. */
export function transportCode(error: AxiosError, deadline: AbortSignal): string {
  if (deadline.aborted) return 'deadline';
  if (error.message.startsWith('maxContentLength')) return 'answer-too-large';
  return error.code ?? 'no-answer';
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
