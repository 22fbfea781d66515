import { once } from 'node:events';
import net from 'node:net';
import { loadSettings } from '@relay/config';
import { finishBaseline, setHomeUrl } from '@relay/ledger';
import { createLogger, createSilentLogger } from '@relay/observability';
import { createUser, ensureAdmin, ENVIRONMENT_SHOP_ID, openRelay, type Relay, type Role } from '@relay/operations';
import { createTestDatabase, createTestRedis } from '@relay/testing';
import { startApi, type Api } from './index.js';

export const HOME_URL = 'http://127.0.0.1:18480/';
export const WEBHOOK_SECRET = 'a-secret-for-tests';
export const ADMIN = { name: 'boss', password: 'correct horse battery' };

export interface TestApi extends Api {
  readonly relay: Relay;
  readonly redisUrl: string;
  /** What stands between the relay and PostgreSQL. */
  readonly toPostgres: Cuttable;
  readonly toRedis: Cuttable;
  addUser(name: string, role: Role): Promise<{ name: string; password: string }>;
}

/** The whole api on a database and a Redis of its own, with a connected shop of which nothing is known yet. */
export async function startTestApi(
  changes: Readonly<Record<string, string>> = {},
  log: NodeJS.WritableStream | null = null,
): Promise<TestApi> {
  const database = await createTestDatabase();
  const redis = await createTestRedis();
  const toPostgres = await cuttable(database.url);
  const toRedis = await cuttable(redis.url);
  const settings = loadSettings(environment(toPostgres.url, toRedis.url, changes));
  const logger = log === null ? createSilentLogger() : createLogger({ level: 'debug', service: 'api', stream: log });
  const relay = await openRelay(settings, logger);
  await setHomeUrl(relay.ledger, ENVIRONMENT_SHOP_ID, HOME_URL);
  await finishBaseline(relay.ledger, ENVIRONMENT_SHOP_ID, new Date());
  await ensureAdmin(relay);
  const api = await startApi(relay).catch(async (error: unknown) => {
    await relay.close();
    throw error;
  });
  return {
    ...api,
    relay,
    redisUrl: redis.url,
    toPostgres,
    toRedis,
    async addUser(name, role) {
      const password = `password of ${name}`;
      await createUser(relay, { name, role, password, actor: 'test' });
      return { name, password };
    },
    async close() {
      await api.close();
      await relay.close();
      await Promise.all([toPostgres.close(), toRedis.close()]);
      await Promise.all([database.drop(), redis.close()]);
    },
  };
}

export function environment(
  databaseUrl: string,
  redisUrl: string,
  changes: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    RELAY_SECRET_KEY: 'k'.repeat(32),
    RELAY_ADMIN_USER: ADMIN.name,
    RELAY_ADMIN_PASSWORD: ADMIN.password,
    PORT: '0',
    WC_BASE_URL: HOME_URL,
    WC_CONSUMER_KEY: 'ck_test',
    WC_CONSUMER_SECRET: 'cs_test',
    WC_WEBHOOK_SECRET: WEBHOOK_SECRET,
    HFT71_BASE_URL: 'http://127.0.0.1:1',
    HFT71_USERNAME: 'api@hft71.example',
    HFT71_PASSWORD: 'hft71-password',
    HFT71_LINES: 'all',
    ...changes,
  };
}

export function basic({ name, password }: { name: string; password: string }): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` };
}

/** Logs in by the form. @returns the answer, and the cookie that it sets. */
export async function logInByForm(
  api: Api,
  { name, password }: { name: string; password: string },
  next = '',
): Promise<{ response: Response; cookie: string; attributes: string }> {
  const response = await fetch(`${api.url}/login`, {
    method: 'POST',
    body: new URLSearchParams({ name, password, next }),
    redirect: 'manual',
  });
  const attributes = response.headers.get('set-cookie') ?? '';
  return { response, cookie: attributes.split(';')[0] ?? '', attributes };
}

export interface Cuttable {
  readonly url: string;
  /** The server is away: connections break, new ones are refused. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** A way to a server that a test can cut. */
export async function cuttable(serverUrl: string): Promise<Cuttable> {
  const target = new URL(serverUrl);
  const open = new Set<net.Socket>();
  const server = net.createServer((inward) => {
    const outward = net.connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [inward, outward],
      [outward, inward],
    ] as const) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const cut = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    open.forEach((socket) => socket.destroy());
    await closed;
  };

  await listen(0);
  const { port } = server.address() as net.AddressInfo;
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return { url: url.href, cut, mend: () => listen(port), close: cut };
}
