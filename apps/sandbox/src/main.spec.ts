import { execFileSync, spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asText, parseJson, type Json } from './json.js';
import { call, pluck, until } from './test-support.js';

const dist = join(__dirname, '..', 'dist');
let dir: string;
let child: ChildProcessWithoutNullStreams | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sandbox-process-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(dir, { recursive: true });
});

async function start(...argv: string[]): Promise<Json> {
  const started = spawn(process.execPath, [join(dist, 'main.js'), ...argv]);
  child = started;
  let out = '';
  started.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
  await until('the ready line', () => out.endsWith('\n'));
  expect(out.trimEnd().split('\n')).toHaveLength(1);
  return parseJson(out) ?? null;
}

const count = () => {
  const { stdout } = spawnSync(process.execPath, [join(dist, 'count.js'), '--record', dir, '--json']);
  return parseJson(stdout.toString('utf8'));
};

describe('the process', () => {
  it('says once that it is ready, and ends with 0 at SIGTERM in spite of a hanging call', async () => {
    const info = await start();
    expect(Object.keys(info as object)).toEqual([
      ...['ready', 'shop', 'hft71', 'control', 'consumerKey', 'consumerSecret', 'readOnlyKey', 'readOnlySecret'],
      ...['hft71Username', 'hft71Password', 'hft71WebhookSecret'],
    ]);
    await call(`${asText(pluck(info, 'control'))}/faults`, { body: { target: 'shop', kind: 'hang' } });
    const hanging = call(`${asText(pluck(info, 'shop'))}/wp-json/`).catch(() => 'cut off');
    await until(
      'the hanging call',
      async () => pluck((await call(`${asText(pluck(info, 'control'))}/faults`)).body, 0, 'fired') === 1,
    );
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    child?.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(await hanging).toBe('cut off');
  });

  it('has told everything it did when it is killed', async () => {
    const info = await start('--record', dir);
    await call(`${asText(pluck(info, 'control'))}/orders`, { body: { count: 3, kinds: ['simple', 'foreign'] } });
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    child?.kill('SIGKILL');
    await ended;
    expect(pluck(count(), 'lost')).toBe(2);
  });

  it('refuses bad options in a sentence, with 64', () => {
    for (const [program, ...argv] of [['main.js', '--rate-limit', 'fast'], ['main.js', '--bogus'], ['count.js']]) {
      const { status, stderr, stdout } = spawnSync(process.execPath, [join(dist, program ?? ''), ...argv]);
      expect([status, stdout.toString('utf8')]).toEqual([64, '']);
      expect(stderr.toString('utf8').trim()).not.toBe('');
    }
  });

  it('serves the shop over https, where Basic and the key in the query count', async () => {
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-days', '2', '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject], { stdio: 'ignore' });
    const info = await start('--tls-key', key, '--tls-cert', cert);
    const text = (name: string) => asText(pluck(info, name)) ?? '';
    expect(text('shop')).toMatch(/^https:/);
    const status = (path: string, auth?: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const url = `${text('shop')}/wp-json/wc/v3${path}`;
        const options = { agent: false, rejectUnauthorized: false, ...(auth === undefined ? {} : { auth }) };
        request(url, options, (response) => {
          response.resume();
          response.on('end', () => resolve(response.statusCode));
        })
          .on('error', reject)
          .end();
      });
    const pair = `consumer_key=${text('consumerKey')}&consumer_secret=${text('consumerSecret')}`;
    expect(await status('/orders', `${text('consumerKey')}:${text('consumerSecret')}`)).toBe(200);
    expect(await status(`/orders?${pair}`)).toBe(200);
    expect(await status('/orders', `${text('consumerKey')}:wrong`)).toBe(401);
    expect(await status('/orders')).toBe(401);
  });
});
