import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Answer, Call, Target } from './call.js';
import { actOut, type Exchange } from './faults/act-out.js';
import type { FaultBook } from './faults/fault-book.js';
import type { Json } from './json.js';
import type { Recorder } from './record.js';
import type { Timers } from './timers.js';

export interface FaceOptions {
  target: Target;
  port: number;
  tls?: { key: Buffer; cert: Buffer };
  faults: FaultBook;
  recorder: Recorder;
  timers: Timers;
  /** Sees every request that arrives, before any fault; true when it is over the limit. */
  arrive(call: Call): boolean;
  handle(call: Call): Answer | Promise<Answer>;
  authKind(call: Call): string;
  recordedBody(call: Call): Json | undefined;
  expireTokens(): void;
}

/** One simulated server: reads whole requests, lets the fault script act, records how each request ended. */
export class HttpFace {
  readonly #options: FaceOptions;
  readonly #sockets = new Set<Socket>();
  #server: Server;
  #port = 0;
  #listening = false;
  #stopped = false;

  constructor(options: FaceOptions) {
    this.#options = options;
    this.#server = this.#makeServer();
  }

  get url(): string {
    return `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${this.#port}`;
  }

  async open(): Promise<void> {
    await this.#listen(this.#options.port);
  }

  /** Follows the fault script: a `refuse` without share or count closes the port, its removal opens the same port. */
  followFaults(): void {
    const shouldListen = !this.#options.faults.closesPort(this.#options.target);
    if (shouldListen === this.#listening || this.#stopped) return;
    this.#listening = shouldListen;
    if (!shouldListen) return this.#closePort();
    this.#server = this.#makeServer();
    void this.#reopen();
  }

  stop(): void {
    this.#stopped = true;
    this.#closePort();
  }

  async #reopen(): Promise<void> {
    for (let tries = 0; tries < 200 && this.#listening && !this.#stopped; tries += 1) {
      try {
        return await this.#listen(this.#port);
      } catch {
        // The port may be somebody's outgoing connection for a moment.
        if (!(await this.#options.timers.sleep(50))) return;
      }
    }
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        this.#port = (this.#server.address() as AddressInfo).port;
        this.#listening = true;
        resolve();
      });
    });
  }

  #closePort(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #makeServer(): Server {
    const listener: RequestListener = (request, response) => {
      this.#take(request, response).catch((error: unknown) => {
        process.stderr.write(`sandbox ${this.#options.target}: ${error instanceof Error ? error.stack : 'failed'}\n`);
        response.destroy();
      });
    };
    const { tls } = this.#options;
    const server = tls ? createTlsServer(tls, listener) : createServer(listener);
    server.keepAliveTimeout = 65_000;
    server.on('connection', (socket: Socket) => {
      if (this.#options.faults.drawAtAccept(this.#options.target)) return void resetSocket(socket);
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
    });
    return server;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const atMs = Date.now();
    const body = await readBody(request);
    if (body === undefined) return;
    const [path = '/', rawQuery = ''] = splitOnce(request.url ?? '/');
    const { method = 'GET', headers } = request;
    const call: Call = { atMs, method, path, rawQuery, headers, body, secure: this.#options.tls !== undefined };
    const overLimit = this.#options.arrive(call);
    const fault = this.#options.faults.draw(this.#options.target, call);
    const note = (status: number | null, ended: string) => this.#note(call, status, ended, overLimit, fault?.id);
    const exchange = this.#exchange(call, request, response, note);
    if (fault === undefined) return exchange.send(await exchange.process());
    await actOut(fault, exchange);
  }

  #exchange(
    call: Call,
    request: IncomingMessage,
    response: ServerResponse,
    note: (status: number | null, ended: string) => void,
  ): Exchange {
    const { timers, target } = this.#options;
    const writeHead = (answer: Answer, bytes: number) =>
      response.writeHead(answer.status, { ...answer.headers, 'content-length': String(bytes) });
    return {
      call,
      target,
      selfUrl: `${this.url}${request.url ?? '/'}`,
      process: async () => this.#options.handle(call),
      send: (answer) => {
        note(answer.status, response.destroyed ? 'answered, caller gone' : 'answered');
        writeHead(answer, Buffer.byteLength(answer.body));
        response.end(call.method === 'HEAD' ? undefined : answer.body);
      },
      sendCut: (answer, body, declaredBytes) => {
        note(answer.status, 'cut');
        writeHead(answer, declaredBytes);
        response.write(body, () => request.socket.destroy());
      },
      sendDripping: async (answer, everyMs) => {
        note(answer.status, 'dripping');
        const body = Buffer.from(answer.body);
        writeHead(answer, body.length);
        for (let at = 0; at < body.length && !response.destroyed; at += 1) {
          response.write(body.subarray(at, at + 1));
          if (!(await timers.sleep(everyMs))) return;
        }
        response.end();
      },
      reset: (how) => {
        note(null, how);
        resetSocket(request.socket);
      },
      hang: (how) => note(null, how),
      later: (delayMs, act) => timers.after(delayMs, act),
      sleep: (delayMs) => timers.sleep(delayMs),
      expireTokens: () => this.#options.expireTokens(),
    };
  }

  #note(call: Call, status: number | null, ended: string, overLimit: boolean, fault: string | undefined): void {
    const { target, recorder } = this.#options;
    const body = this.#options.recordedBody(call);
    const query = withoutSignature(call.rawQuery);
    recorder.request({
      at: call.atMs,
      target,
      method: call.method,
      path: query === '' ? call.path : `${call.path}?${query}`,
      status,
      ended,
      ms: Date.now() - call.atMs,
      auth: this.#options.authKind(call),
      ...(overLimit ? { overLimit } : {}),
      ...(fault === undefined ? {} : { fault }),
      ...(body === undefined ? {} : { body }),
    });
  }
}

/** The record keeps what was asked; who asked stands in `auth`. */
function withoutSignature(rawQuery: string): string {
  const isAsked = (pair: string) => !/^(oauth_|consumer_key=|consumer_secret=)/.test(pair);
  return rawQuery.split('&').filter(isAsked).join('&');
}

function resetSocket(socket: Socket): void {
  socket.on('error', () => {});
  // TLS sockets know no RST of their own.
  if ('encrypted' in socket) socket.destroy();
  else socket.resetAndDestroy();
}

/** Undefined when the caller went away in the middle of its own request. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function splitOnce(url: string): [string, string] {
  const at = url.indexOf('?');
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}
