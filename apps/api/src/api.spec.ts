import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { beat } from '@relay/ledger';
import { waitFor } from '@relay/testing';
import { startTestApi, type TestApi } from './test-support.js';

const log = new PassThrough();
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi({}, log);
});
afterAll(async () => {
  await api.close();
});

const get = (path: string) => fetch(api.url + path, { redirect: 'manual' });

describe('what is open', () => {
  it('/healthz says that the process is up, whatever else is away', async () => {
    await api.toPostgres.cut();
    await api.toRedis.cut();
    const response = await get('/healthz');
    await api.toPostgres.mend();
    await api.toRedis.mend();
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ up: true });
    await waitFor(() => api.relay.redis.ping(), { what: 'Redis to be back' });
  });

  it('/readyz says what keeps it from being ready', async () => {
    const before = await get('/readyz');
    expect(before.status).toBe(503);
    expect(await before.json()).toEqual({
      ready: false,
      problems: ['no worker has been seen for 30 s'],
      warnings: [],
      paused: [],
    });
    await beat(api.relay.ledger, { id: randomUUID(), kind: 'worker', host: 'test', pid: 1, progressed: true });
    const after = await get('/readyz');
    expect(after.status).toBe(200);
    expect(await after.json()).toEqual({ ready: true, problems: [], warnings: [], paused: [] });
  });

  it('/readyz is red when work is due, the window is open and nothing moves', async () => {
    const sql = (text: string) => api.relay.ledger.pool.query(text);
    await sql(
      `insert into shop_order (shop_id, order_id, number, order_key_hash, status, created_gmt, modified_gmt, content_hash, lines, first_seen_by)
       values ('main', 1, '1', 'k', 'processing', now(), now(), 'c', '[]', 'sweep')`,
    );
    await sql(
      `insert into intent (id, kind, shop_id, order_id, account_id, state, reference, state_since)
       select gen_random_uuid(), 'send_order', 'main', 1, id, 'ready', '1', now() - interval '5 minutes' from account`,
    );
    const readiness = async () => {
      const answer = await get('/readyz');
      return [answer.status, ((await answer.json()) as { problems: string[] }).problems.join()];
    };
    await sql(`update shop set mode = 'live'`);
    await sql(`update process_beat set seen_at = now(), progress_at = now()`);
    expect(await readiness()).toEqual([200, '']); // it is not its turn yet: others move
    await sql(`update process_beat set progress_at = now() - interval '2 minutes'`);
    expect(await readiness()).toEqual([503, expect.stringMatching(/^1 due, the oldest for \d+ s, and nothing moves$/)]);
    await sql(`update account set breaker_state = 'open', breaker_owner = 'failures'`);
    expect(await readiness()).toEqual([200, '']); // an outage of HFT71's is no fault of the workers
    await sql(`update account set breaker_state = 'closed', breaker_owner = null`);
    await sql(`update intent set not_before = now() + interval '1 minute'`);
    expect(await readiness()).toEqual([200, '']);
    await sql('delete from intent');
  });

  it('/metrics is text for Prometheus', async () => {
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(await response.text()).toContain('# TYPE relay_webhook_deliveries_total counter');
  });

  it('/ leads to the Board', async () => {
    const response = await get('/');
    expect([response.status, response.headers.get('location')]).toEqual([302, '/board']);
  });
});

describe('every answer', () => {
  it.each(['/', '/healthz', '/login', '/board', '/nowhere'])('of %s has the security headers', async (path) => {
    const { headers } = await get(path);
    expect(headers.get('content-security-policy')).toMatch(/^default-src '(none|self)'; /);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('to an unknown path is a small 404', async () => {
    const response = await get('/wp-login.php?secret=1');
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: 'Not Found' });
  });

  it('to a broken URL is a small 400', async () => {
    const response = await get('/%zz');
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: 'Bad Request' });
  });

  it('to what fails is a small 500', async () => {
    const failing = jest.spyOn(api.relay.metrics.registry, 'metrics').mockRejectedValue(new Error('at /srv/secret.ts'));
    const response = await get('/metrics');
    failing.mockRestore();
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ error: 'Internal Server Error' });
  });

  it('leaves one line in the log: method, route, status, duration', async () => {
    log.read();
    await get('/wp-login.php?secret=1');
    await fetch(`${api.url}/webhooks/woocommerce/main?secret=1`, { method: 'POST', body: '{"secret":1}' });
    const text = () => String(log.read() ?? '');
    let lines: Record<string, unknown>[] = [];
    await waitFor(
      () => {
        lines = lines.concat(
          text()
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => JSON.parse(line) as Record<string, unknown>),
        );
        return lines.length === 2;
      },
      { what: 'two lines' },
    );
    expect(lines).toEqual([
      expect.objectContaining({ message: 'request', method: 'GET', route: 'none', status: 404 }),
      expect.objectContaining({ method: 'POST', route: '/webhooks/woocommerce/:shop', status: 401 }),
    ]);
    expect(lines[0]).toHaveProperty('ms', expect.any(Number));
    expect(JSON.stringify(lines)).not.toContain('secret');
  });
});
