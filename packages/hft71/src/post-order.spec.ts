import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { createHft71Client } from './client.js';
import type { OrderPost } from './hft71-client.js';
import { createMemoryTokenStore } from './memory-token-store.js';

const CERTIFICATE = readFileSync(path.join(__dirname, '../fixtures/self-signed-localhost.pem'));
const PAYLOAD = { referenceId: '72774', items: [{ sku: 'GL64000-00007-0046', quantity: 2 }] };

/** A server of bytes: what it received, connection by connection, and what it does about a whole request. */
class RawServer {
  readonly received: Buffer[] = [];
  readonly sockets: net.Socket[] = [];
  readonly #server: net.Server;

  constructor(
    private readonly onRequest: (socket: net.Socket) => void = () => undefined,
    private readonly onConnection: (socket: net.Socket) => void = () => undefined,
    secure = false,
  ) {
    const onSocket = (socket: net.Socket) => this.#serve(socket);
    this.#server = secure
      ? tls.createServer({ key: CERTIFICATE, cert: CERTIFICATE }, onSocket)
      : net.createServer(onSocket);
    this.#server.on('tlsClientError', () => undefined);
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as net.AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get bytes(): string {
    return Buffer.concat(this.received).toString();
  }

  get requests(): number {
    return this.bytes.split('POST /api/order HTTP/1.1').length - 1;
  }

  #serve(socket: net.Socket): void {
    this.sockets.push(socket);
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.received.push(chunk);
      text += chunk.toString();
      if (text.endsWith('}')) this.onRequest(socket);
    });
    this.onConnection(socket);
  }
}

const servers: RawServer[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const server of servers.splice(0)) await server.close();
});

async function start(...args: ConstructorParameters<typeof RawServer>) {
  const server = new RawServer(...args);
  servers.push(server);
  const port = await server.listen();
  const client = (scheme: 'http' | 'https' = 'http', answerTimeoutMs = 2000) =>
    createHft71Client({
      baseUrl: `${scheme}://${scheme === 'https' ? 'localhost' : '127.0.0.1'}:${port}/api`,
      username: 'u',
      password: 'p',
      tokenStore: createMemoryTokenStore(),
      connectTimeoutMs: 1000,
      answerTimeoutMs,
    });
  return { server, port, client };
}

async function post(client: ReturnType<typeof createHft71Client>, change: Partial<OrderPost> = {}) {
  const connection = change.connection ?? (await client.openConnection());
  return client.postOrder({
    token: 't',
    payload: PAYLOAD,
    referenceId: '72774',
    sendBy: () => null,
    ...change,
    connection,
  });
}

const answer = (body: string, status = '200 OK', headers = '') =>
  `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;

async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error('condition not met in 5 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('an answer', () => {
  test('is observed whole, with its request made once', async () => {
    const { server, port, client } = await start((socket) =>
      socket.end(answer('{"orderId":1}', '200 OK', 'X-A: b\r\n')),
    );
    const seen = await post(client());
    expect(seen).toMatchObject({ left: true, status: 200, body: '{"orderId":1}', error: null });
    expect(seen.headers['x-a']).toBe('b');
    expect(server.requests).toBe(1);
    expect(server.bytes.toLowerCase()).toContain(`host: 127.0.0.1:${port}\r\n`);
    expect(server.bytes).toContain('Bearer t');
    expect(JSON.parse(server.bytes.slice(server.bytes.indexOf('{')))).toEqual(PAYLOAD);
  });

  test.each([400, 401, 404, 409, 429, 500, 503])(
    'of status %i is an observation too, and is not retried',
    async (status) => {
      const { server, client } = await start((socket) => socket.end(answer('{"error":"x"}', `${status} X`)));
      expect(await post(client())).toMatchObject({ left: true, status, body: '{"error":"x"}' });
      expect(server.sockets).toHaveLength(1);
    },
  );

  test('that redirects is not followed', async () => {
    const { server, client } = await start((socket) => socket.end(answer('', '307 X', 'location: /elsewhere\r\n')));
    expect(await post(client())).toMatchObject({ left: true, status: 307, body: '' });
    expect(server.sockets).toHaveLength(1);
    expect(server.bytes).not.toContain('elsewhere');
  });

  test('in chunks counts when its last chunk came', async () => {
    const { client } = await start((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'),
    );
    expect(await post(client())).toMatchObject({ left: true, status: 200, body: '{}' });
  });
});

describe('without a whole answer the order may have been made', () => {
  test.each<[string, (socket: net.Socket) => void, number]>([
    ['a connection closed after the request', (socket) => socket.destroy(), 2000],
    ['a reset', (socket) => socket.resetAndDestroy(), 2000],
    ['silence', () => undefined, 150],
    [
      'an answer that drips beyond the deadline',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n');
        const drip = setInterval(() => socket.write('{'), 20);
        socket.once('close', () => clearInterval(drip));
      },
      200,
    ],
    [
      'a body shorter than its length',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"orderId":1}'),
      2000,
    ],
    [
      'chunks without the last one',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n'),
      2000,
    ],
    ['half a head', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le'), 2000],
    ['something that is not HTTP', (socket) => socket.end('SSH-2.0-x\r\n'), 2000],
    ['more than 1 MB', (socket) => socket.end(answer('x'.repeat(1_100_000))), 2000],
  ])('%s', async (_what, onRequest, answerTimeoutMs) => {
    const { server, client } = await start(onRequest);
    const seen = await post(client('http', answerTimeoutMs));
    expect(seen).toMatchObject({ left: true, status: null, body: null });
    expect(seen.error).toEqual(expect.any(String));
    expect(seen.durationMs).toBeLessThan(answerTimeoutMs + 1000);
    expect(server.requests).toBe(1);
    expect(server.sockets).toHaveLength(1);
  });

  test('the deadline says so in the log', async () => {
    const { client } = await start();
    expect((await post(client('http', 100))).error).toBe('deadline');
  });
});

test('a host that accepts and hangs up before it reads: in doubt if the bytes were written, else certain', async () => {
  const { server, client } = await start();
  const connection = await client().openConnection();
  await until(() => server.sockets.length === 1);
  server.sockets[0]?.resetAndDestroy();
  const seen = await post(client(), { connection });
  expect(seen).toMatchObject({ status: null, body: null });
  expect(seen.left || connection.socket.bytesWritten === 0).toBe(true);
  expect(server.sockets).toHaveLength(1);
});

describe('nothing is written', () => {
  test('when sendBy refuses', async () => {
    const { server, client } = await start();
    const seen = await post(client(), { sendBy: () => 'lease is over' });
    expect(seen).toMatchObject({ left: false, status: null, body: null, error: 'send-by' });
    await until(() => server.sockets[0]?.destroyed === true);
    expect(server.bytes).toBe('');
  });

  test('when sendBy throws', async () => {
    const { server, client } = await start();
    const sendBy = () => {
      throw new Error('clock');
    };
    expect(await post(client(), { sendBy })).toMatchObject({ left: false, error: 'send-by' });
    await until(() => server.sockets[0]?.destroyed === true);
    expect(server.bytes).toBe('');
  });

  test('on a connection that the server has closed meanwhile', async () => {
    const { server, client } = await start(undefined, (socket) => socket.end());
    const connection = await client().openConnection();
    await until(() => connection.staleReason() === 'closed');
    expect(await post(client(), { connection })).toMatchObject({ left: false, error: 'stale-connection' });
    expect(server.bytes).toBe('');
  });

  test('on a connection that was idle for more than a second', async () => {
    const { server, client } = await start();
    const connection = await client().openConnection();
    const later = performance.now() + 1001;
    jest.spyOn(performance, 'now').mockReturnValue(later);
    expect(await post(client(), { connection })).toMatchObject({ left: false, error: 'stale-connection' });
    jest.restoreAllMocks();
    await until(() => server.sockets[0]?.destroyed === true);
    expect(server.bytes).toBe('');
  });

  test('on a connection that was given up', async () => {
    const { server, client } = await start();
    const connection = await client().openConnection();
    connection.close();
    expect(await post(client(), { connection })).toMatchObject({ left: false, error: 'stale-connection' });
    expect(server.bytes).toBe('');
  });

  test('when the payload cannot be written as JSON', async () => {
    const { server, client } = await start();
    expect(await post(client(), { payload: { quantity: 1n } })).toMatchObject({ left: false, status: null });
    await until(() => server.sockets[0]?.destroyed === true);
    expect(server.bytes).toBe('');
  });
});

test('sendBy is asked once, before the first byte', async () => {
  const { server, client } = await start((socket) => socket.end(answer('{"orderId":1}')));
  const bytesThen: number[] = [];
  const connection = await client().openConnection();
  const sendBy = () => {
    bytesThen.push(connection.socket.bytesWritten);
    return null;
  };
  await post(client(), { connection, sendBy });
  expect(bytesThen).toEqual([0]);
  expect(server.bytes).not.toBe('');
});

test('a second POST on the same connection leaves nothing', async () => {
  const { server, client } = await start((socket) => socket.write(answer('{"orderId":1}')));
  const connection = await client().openConnection();
  expect(await post(client(), { connection })).toMatchObject({ left: true, status: 200 });
  expect(await post(client(), { connection })).toMatchObject({ left: false, error: 'stale-connection' });
  expect(server.requests).toBe(1);
});

test('a log of calls that throws costs no observation', async () => {
  const { port } = await start((socket) => socket.end(answer('{"orderId":1}')));
  const client = createHft71Client({
    baseUrl: `http://127.0.0.1:${port}/api`,
    username: 'u',
    password: 'p',
    tokenStore: createMemoryTokenStore(),
    onCall: () => {
      throw new Error('disk full');
    },
  });
  expect(await post(client)).toMatchObject({ left: true, status: 200 });
});

describe('a connection', () => {
  test('that is refused is a failure before the claim', async () => {
    const { server, client } = await start();
    await server.close();
    servers.length = 0;
    await expect(client().openConnection()).rejects.toMatchObject({ failure: 'unavailable', code: 'ECONNREFUSED' });
  });

  test('whose certificate is not trusted is no connection', async () => {
    const { server, client } = await start(undefined, undefined, true);
    await expect(client('https').openConnection()).rejects.toMatchObject({
      failure: 'misconfigured',
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(server.bytes).toBe('');
  });

  test('whose TLS never ends is given up in time', async () => {
    const { client } = await start();
    await expect(client('https').openConnection()).rejects.toMatchObject({ code: 'connect-timeout' });
  });

  test('over TLS carries the order when the certificate is trusted', async () => {
    const { server, port, client } = await start((socket) => socket.end(answer('{"orderId":1}')), undefined, true);
    const connect = tls.connect.bind(tls) as (options: tls.ConnectionOptions) => tls.TLSSocket;
    jest
      .spyOn(tls, 'connect')
      .mockImplementation(((options: tls.ConnectionOptions) =>
        connect({ ...options, ca: CERTIFICATE })) as typeof tls.connect);
    expect(await post(client('https'))).toMatchObject({ left: true, status: 200, body: '{"orderId":1}' });
    expect(server.bytes.toLowerCase()).toContain(`host: localhost:${port}\r\n`);
  });
});
