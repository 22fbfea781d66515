import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, request, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { asText, isObject, parseJson, type Json } from './json.js';
import type { Sandbox } from './sandbox.js';

/** What the tests call the sandbox with. Its OAuth is written from the RFC, not shared with the code under test. */
export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  body: Json;
}

export async function call(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: Json | string; timeoutMs?: number } = {},
): Promise<Answered> {
  const { method = options.body === undefined ? 'GET' : 'POST', headers = {}, timeoutMs = 5000 } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method,
      agent: false,
      headers: { 'content-type': 'application/json', ...headers },
    });
    outgoing.setTimeout(timeoutMs, () => outgoing.destroy(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })));
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const body = parseJson(text) ?? null;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body });
      });
    });
    if (options.body === undefined) outgoing.end();
    else outgoing.end(typeof options.body === 'string' ? options.body : JSON.stringify(options.body));
  });
}

/** The error code of a call that must fail. */
export async function failure(promise: Promise<Answered>): Promise<string> {
  try {
    return `answered ${(await promise).status}`;
  } catch (error) {
    // Not by instanceof: a test runner's Error is another one than node's.
    return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
  }
}

export interface OAuthChoice {
  key?: string;
  secret?: string;
  nonce?: string;
  timestampS?: number;
}

export function signedUrl(base: string, method: string, pathAndQuery: string, choice: Required<OAuthChoice>): string {
  const [path = '', query = ''] = pathAndQuery.split('?');
  const counts = new Map<string, number>();
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair): [string, string] => {
      const [name = '', value = ''] = pair.split('=').map((part) => decodeURIComponent(part.replace(/\+/g, ' ')));
      const at = counts.get(name) ?? 0;
      counts.set(name, at + 1);
      return [name.replace('[]', `[${at}]`), value];
    });
  pairs.push(
    ['oauth_consumer_key', choice.key],
    ['oauth_nonce', choice.nonce],
    ['oauth_signature_method', 'HMAC-SHA256'],
    ['oauth_timestamp', String(choice.timestampS)],
  );
  const encoded = pairs.map(([name, value]) => `${percent(name)}=${percent(value)}`).sort();
  const text = [method, percent(`${base}${path}`), percent(encoded.join('&'))].join('&');
  const signature = createHmac('sha256', `${choice.secret}&`).update(text).digest('base64');
  return `${base}${path}?${encoded.join('&')}&oauth_signature=${percent(signature)}`;
}

/** Calls `/wp-json/wc/v3` signed, with a fresh nonce unless one is given. */
export function shopCall(
  sandbox: Sandbox,
  method: string,
  path: string,
  body?: Json,
  choice: OAuthChoice = {},
): Promise<Answered> {
  const whole = {
    key: sandbox.consumerKey,
    secret: sandbox.consumerSecret,
    nonce: randomBytes(12).toString('hex'),
    timestampS: Math.floor(Date.now() / 1000),
    ...choice,
  };
  const url = signedUrl(sandbox.shop, method, `/wp-json/wc/v3${path}`, whole);
  return call(url, { method, ...(body === undefined ? {} : { body }) });
}

export function control(sandbox: Sandbox, method: string, path: string, body?: Json): Promise<Answered> {
  return call(`${sandbox.control}${path}`, { method, ...(body === undefined ? {} : { body }) });
}

export async function logIn(sandbox: Sandbox): Promise<string> {
  const body = { username: sandbox.hft71Username, password: sandbox.hft71Password };
  return textAt((await call(`${sandbox.hft71}/authentication/login`, { body })).body, 'access_token');
}

export function hft71Call(sandbox: Sandbox, token: string, method: string, path: string, body?: Json) {
  const headers = { authorization: `Bearer ${token}` };
  return call(`${sandbox.hft71}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
}

export function orderPayload(referenceId: string, address2 = '', over: Record<string, Json> = {}): Json {
  return {
    referenceId,
    orderDate: '2026-03-02',
    address: {
      ...{ address1: 'Way 4', address2, city: 'Sampletown', zip: '12345', state: '', country: 'DE' },
      ...{ customerName: 'Eve Sample', email: 'eve@customer.example', mobile: '' },
    },
    items: [{ sku: 'GL64000-00007-0046', quantity: 2 }],
    ...over,
  };
}

export async function makeOrder(sandbox: Sandbox, input: Record<string, Json> = {}): Promise<number> {
  return Number(pluck((await control(sandbox, 'POST', '/orders', input)).body, 'ids', 0));
}

export function pluck(body: Json | undefined, ...path: (string | number)[]): Json | undefined {
  let at: Json | undefined = body;
  for (const step of path) at = Array.isArray(at) ? at[Number(step)] : isObject(at) ? at[step] : undefined;
  return at;
}

export function textAt(body: Json | undefined, ...path: (string | number)[]): string {
  return asText(pluck(body, ...path)) ?? '';
}

/** Waits for a condition, never for a time. */
export async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>) {
  const deadlineMs = Date.now() + 10_000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadlineMs) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export interface Received {
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A webhook receiver that answers what it is told to. */
export async function openReceiver() {
  const received: Received[] = [];
  const settings = { status: 200, headers: {} as Record<string, string> };
  const server = createServer((incoming, response) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    incoming.on('end', () => {
      received.push({ url: incoming.url ?? '', headers: incoming.headers, body });
      response.writeHead(settings.status, settings.headers).end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url, received, settings, stop };
}

export function sample(name: string): Json {
  return parseJson(readFileSync(join(__dirname, '..', 'contracts-samples', `${name}.json`), 'utf8')) ?? null;
}

function percent(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
