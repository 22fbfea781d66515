import { type Json } from './json.js';
import { startSandbox, type Sandbox } from './sandbox.js';
import {
  control,
  failure,
  hft71Call,
  logIn,
  makeOrder,
  orderPayload,
  pluck,
  textAt,
  shopCall,
  until,
  type Answered,
} from './test-support.js';

let sandbox: Sandbox;
let token: string;
beforeEach(async () => {
  sandbox = await startSandbox({ rateLimit: null });
  token = await logIn(sandbox);
});
afterEach(() => sandbox.stop());

const fault = async (input: Record<string, Json>) =>
  textAt((await control(sandbox, 'POST', '/faults', { target: 'hft71', ...input })).body, 'id');
const post = (reference = '1') => hft71Call(sandbox, token, 'POST', '/order', orderPayload(reference));
const accepted = async () => pluck((await control(sandbox, 'GET', '/summary')).body, 'accepted');
const lastEnd = async () => {
  const { body } = await control(sandbox, 'GET', '/record/requests?target=hft71&path=/order');
  return Array.isArray(body) ? textAt(body.at(-1), 'ended') : '';
};

describe('what a caller sees, and whether the order was accepted', () => {
  it.each<[string, Record<string, Json>, string, number]>([
    ['refuse at the port', { kind: 'refuse' }, 'ECONNREFUSED', 0],
    ['refuse at accept', { kind: 'refuse', via: 'accept' }, 'ECONNRESET', 0],
    ['reset-before', { kind: 'reset-before' }, 'ECONNRESET', 0],
    ['reset-after', { kind: 'reset-after' }, 'ECONNRESET', 1],
    ['hang', { kind: 'hang' }, 'TIMEOUT', 0],
    ['accept-then-hang', { kind: 'accept-then-hang' }, 'TIMEOUT', 1],
    ['cut', { kind: 'cut' }, 'ECONNRESET', 1],
    ['cut, not processed', { kind: 'cut', processed: false }, 'ECONNRESET', 0],
    ['drip', { kind: 'drip', delayMs: 5 }, 'answered 200', 1],
    ['status', { kind: 'status', status: 503 }, 'answered 503', 0],
    ['accept-then-status', { kind: 'accept-then-status' }, 'answered 502', 1],
    ['redirect', { kind: 'redirect' }, 'answered 302', 0],
    ['html-200', { kind: 'html-200' }, 'answered 200', 0],
    ['html-200, processed', { kind: 'html-200', processed: true }, 'answered 200', 1],
    ['no-id', { kind: 'no-id' }, 'answered 200', 1],
    ['no-id, not processed', { kind: 'no-id', processed: false, status: 202 }, 'answered 202', 0],
    ['malformed-json', { kind: 'malformed-json' }, 'answered 200', 1],
    ['expire-tokens', { kind: 'expire-tokens' }, 'answered 401', 0],
    ['expire-tokens on a match', { kind: 'expire-tokens', match: { pathPattern: '^/order$' } }, 'answered 401', 0],
    ['unauthorized', { kind: 'unauthorized' }, 'answered 401', 0],
    ['latency', { kind: 'latency', delayMs: 30 }, 'answered 200', 1],
    ['latency, processed at once', { kind: 'latency', delayMs: 30, processed: true }, 'answered 200', 1],
  ])('%s', async (_name, input, seen, orders) => {
    await fault(input);
    const request = hft71Call(sandbox, token, 'POST', '/order', orderPayload('1'));
    const timed = input.kind === 'hang' || input.kind === 'accept-then-hang';
    const outcome = timed ? await Promise.race([failure(request), hungRecorded()]) : await failure(request);
    expect(outcome).toBe(seen);
    expect(await accepted()).toBe(orders);
    request.catch(() => {});
  });

  /** A hanging call is known by its record: nobody waits for a deadline. */
  async function hungRecorded(): Promise<string> {
    await until('the silence', async () => (await lastEnd()).includes('silent'));
    return 'TIMEOUT';
  }

  it('accept-late: silence or a reset, and an order later', async () => {
    await fault({ kind: 'accept-late', delayMs: 100, close: true });
    expect(await failure(post())).toBe('ECONNRESET');
    expect(await accepted()).toBe(0);
    await until('the late order', async () => (await accepted()) === 1);
  });

  it('bodies: HTML, no id, half a JSON, Retry-After', async () => {
    const seen = async (input: Record<string, Json>): Promise<Answered> => {
      await fault({ ...input, times: 1 });
      return post();
    };
    expect((await seen({ kind: 'html-200' })).headers['content-type']).toContain('text/html');
    expect((await seen({ kind: 'no-id' })).body).toEqual({ sendDate: expect.any(String) });
    const broken = await seen({ kind: 'malformed-json' });
    expect([broken.body, broken.text.startsWith('{"orderId":')]).toEqual([null, true]);
    const busy = await seen({ kind: 'status', status: 429, retryAfter: '7', body: { message: 'busy' } });
    expect([busy.headers['retry-after'], busy.body]).toEqual(['7', { message: 'busy' }]);
    const moved = await seen({ kind: 'redirect', status: 307 });
    expect([moved.status, moved.headers.location]).toEqual([307, `${sandbox.hft71}/order`]);
  });
});

describe('the script', () => {
  it('hits by method, path and body, so many times, and only its target', async () => {
    await fault({
      kind: 'status',
      match: { method: 'post', pathPattern: '^/order$', bodyPattern: '"referenceId":"7"' },
      times: 1,
    });
    expect((await post('1')).status).toBe(200);
    expect((await hft71Call(sandbox, token, 'GET', '/stock/available?count=1')).status).toBe(200);
    expect((await post('7')).status).toBe(503);
    expect((await post('7')).status).toBe(200);
    expect(pluck((await control(sandbox, 'GET', '/faults')).body, 0, 'fired')).toBe(1);
  });

  it('hits a share, drawn from the seed', async () => {
    await fault({ kind: 'status', share: 0.5 });
    const series = async () => {
      const statuses: number[] = [];
      for (let n = 0; n < 20; n += 1)
        statuses.push((await hft71Call(sandbox, token, 'GET', '/stock/available?count=1')).status);
      return statuses;
    };
    const first = await series();
    expect(new Set(first)).toEqual(new Set([200, 503]));
    await sandbox.stop();
    sandbox = await startSandbox({ rateLimit: null });
    token = await logIn(sandbox);
    await fault({ kind: 'status', share: 0.5 });
    expect(await series()).toEqual(first);
  });

  it('opens the same port again when the refusal is taken back', async () => {
    const id = await fault({ kind: 'refuse' });
    expect(await failure(post())).toBe('ECONNREFUSED');
    await control(sandbox, 'DELETE', `/faults/${id}`);
    await until('the port', async () => (await failure(post())) === 'answered 200');
  });

  it('works for the shop too', async () => {
    const orderId = await makeOrder(sandbox);
    await fault({ target: 'shop', kind: 'reset-after', match: { method: 'PUT' }, times: 1 });
    expect(await failure(shopCall(sandbox, 'PUT', `/orders/${orderId}`, { customer_note: 'kept' }))).toBe('ECONNRESET');
    expect(pluck((await shopCall(sandbox, 'GET', `/orders/${orderId}`)).body, 'customer_note')).toBe('kept');
    await fault({ target: 'shop', kind: 'unauthorized', times: 1 });
    expect(pluck((await shopCall(sandbox, 'GET', '/orders')).body, 'code')).toBe(
      'woocommerce_rest_authentication_error',
    );
  });

  it('refuses what makes no sense, and forgets everything at once', async () => {
    expect((await control(sandbox, 'POST', '/faults', { target: 'shop', kind: 'fire' })).status).toBe(400);
    expect((await control(sandbox, 'POST', '/faults', { target: 'moon', kind: 'hang' })).status).toBe(400);
    const bad = { target: 'shop', kind: 'hang', match: { pathPattern: '(' } };
    expect((await control(sandbox, 'POST', '/faults', bad)).status).toBe(400);
    expect((await control(sandbox, 'DELETE', '/faults/f99')).status).toBe(404);
    await fault({ kind: 'hang' });
    await control(sandbox, 'DELETE', '/faults');
    expect((await control(sandbox, 'GET', '/faults')).body).toEqual([]);
    expect((await post()).status).toBe(200);
  });
});
