import type { AxiosError, AxiosResponse } from 'axios';

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

const REQUEST_ID_HEADERS = ['x-request-id', 'x-correlation-id', 'request-id', 'x-amzn-requestid', 'cf-ray'];

/** assumed: what the other side calls this request in its own log; null where it says nothing. */
export function requestIdOf(headers: Readonly<Record<string, string>>): string | null {
  const found = REQUEST_ID_HEADERS.map((name) => headers[name]).find((id) => id !== undefined && id !== '');
  return found === undefined || !/^[\x21-\x7e]{1,128}$/.test(found) ? null : found;
}
