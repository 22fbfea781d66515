import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jsonAnswer, type Answer } from '../call.js';
import { isObject, parseJson } from '../json.js';
import { answerControl, controlRoutes, type Controlled } from './control-routes.js';

/** The script's own door: plain http, no sign-in, never touched by a fault. */
export class ControlFace {
  readonly #server: Server;
  #port = 0;

  constructor(on: Controlled) {
    this.#server = createServer((request, response) => {
      void answer(on, request)
        .catch((error: unknown) => jsonAnswer(500, { error: error instanceof Error ? String(error.stack) : 'failed' }))
        .then(({ status, headers, body }) => response.writeHead(status, headers).end(body));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  open(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => {
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function answer(on: Controlled, request: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const body = text === '' ? {} : parseJson(text);
  if (!isObject(body)) return jsonAnswer(400, { error: 'the body is a JSON object' });
  const url = new URL(request.url ?? '/', 'http://control');
  const route = controlRoutes.find(({ pattern }) => pattern.test(url.pathname));
  const act = route?.methods[request.method ?? 'GET'];
  if (!route || !act) return jsonAnswer(404, { error: 'no such control; see apps/sandbox/README.md' });
  const ids = [...(route.pattern.exec(url.pathname) ?? [])].slice(1);
  return answerControl(on, act, { ids, query: url.searchParams, body });
}
