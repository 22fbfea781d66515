import type { IncomingHttpHeaders } from 'node:http';
import type { Json } from './json.js';

export type Target = 'shop' | 'hft71';

/** One request, read to its end. */
export interface Call {
  atMs: number;
  method: string;
  path: string;
  rawQuery: string;
  headers: IncomingHttpHeaders;
  body: string;
  secure: boolean;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body: string;
}

export function jsonAnswer(status: number, body: Json, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

export function htmlAnswer(status: number, title: string): Answer {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=UTF-8' },
    body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  };
}
