import { classifyPost, readOrderId, type PostOutcome } from './post-outcome.js';
import type { PostObservation } from './post-observation.js';

const seen = (over: Partial<PostObservation>): PostObservation => ({
  left: true,
  status: null,
  headers: {},
  body: null,
  error: null,
  durationMs: 5,
  ...over,
});
const answer = (status: number, body = '', headers: Record<string, string> = {}) => seen({ status, body, headers });
const rules = { referenceId: '72774', notProcessedStatuses: [], duplicatePattern: null };
const judge = (observation: PostObservation, over: Partial<typeof rules> | object = {}): PostOutcome =>
  classifyPost(observation, { ...rules, ...over });

/** The protocol's table "What an outcome means", row by row. */
describe('accepted', () => {
  test.each([200, 201, 202])('%i with a readable orderId', (status) => {
    expect(judge(answer(status, '{"orderId": 123456, "sendDate": "2026-03-02T12:00:00Z"}'))).toEqual({
      kind: 'accepted',
      hft71OrderId: '123456',
    });
  });
  test('an id as text, as in the webhook', () => {
    expect(judge(answer(200, '{"orderId": "A-17"}'))).toEqual({ kind: 'accepted', hft71OrderId: 'A-17' });
  });
  test('an id too great for a double keeps its digits', () => {
    expect(readOrderId('{"orderId": 12345678901234567890}')).toBe('12345678901234567890');
  });
});

describe('not processed', () => {
  test('no request byte was written, whatever the error says', () => {
    for (const error of ['ECONNREFUSED', 'deadline', 'ECONNRESET', 'send-by'])
      expect(judge(seen({ left: false, error }))).toEqual({
        kind: 'not-processed',
        cause: 'nothing-sent',
        retryAfterMs: null,
      });
  });
  test('429 is throttled and carries the wait that it asks for', () => {
    expect(judge(answer(429, '', { 'retry-after': '7' }))).toEqual({
      kind: 'not-processed',
      cause: 'throttled',
      retryAfterMs: 7000,
    });
  });
  test('401 is the token', () => expect(judge(answer(401))).toMatchObject({ kind: 'not-processed', cause: 'token' }));
  test.each([403, 404, 405])('%i: the account is misconfigured, no order is rejected for it', (status) => {
    expect(judge(answer(status, '<html>'))).toMatchObject({ kind: 'not-processed', cause: 'misconfigured' });
  });
  test.each([400, 413, 415, 422])('%i without a sign of a repeated reference is rejected', (status) => {
    expect(judge(answer(status, '{"error":"unknown sku"}'))).toEqual({ kind: 'rejected', cause: 'rejected' });
  });
  test('a 5xx that HFT71 promises to answer before it processes', () => {
    expect(judge(answer(503), { notProcessedStatuses: [503] })).toMatchObject({
      kind: 'not-processed',
      cause: 'declared',
    });
  });
});

describe('a repeated reference', () => {
  test.each([400, 404, 409, 422])('%i that names this reference as existing', (status) => {
    expect(judge(answer(status, '{"error":"referenceId 72774 already exists","orderId":99}'))).toEqual({
      kind: 'duplicate',
      hft71OrderId: '99',
    });
  });
  test('without an id in it', () => {
    expect(judge(answer(409, 'Order 72774 exists'))).toEqual({ kind: 'duplicate', hft71OrderId: null });
  });
  test('by the pattern of the settings', () => {
    expect(judge(answer(422, '{"code":"E77"}'), { duplicatePattern: /E77/ })).toMatchObject({ kind: 'duplicate' });
  });
  test('bad data is not confused with it: the reference is part of another number', () => {
    expect(judge(answer(422, '{"error":"sku 727740 does not exist"}'))).toMatchObject({ kind: 'rejected' });
  });
  test.each(['SKU GL-1 does not exist', 'SKU nie istnieje', "the sku doesn't exist"])(
    'bad data is not confused with it: "%s" beside the reference',
    (error) => {
      expect(judge(answer(422, JSON.stringify({ referenceId: '72774', error })))).toMatchObject({ kind: 'rejected' });
    },
  );
  test('a limit is a limit, whatever its text', () => {
    expect(judge(answer(429, 'order 72774: limit exists'))).toMatchObject({ cause: 'throttled' });
  });
  test('bad data is not confused with it: the reference is echoed and nothing is said to exist', () => {
    expect(judge(answer(422, '{"referenceId":"72774","error":"zip is invalid"}'))).toMatchObject({ kind: 'rejected' });
  });
});

describe('everything else is in doubt', () => {
  test.each([
    ['no answer in time', seen({ error: 'deadline' })],
    ['a reset', seen({ error: 'ECONNRESET' })],
    ['an answer that broke off', seen({ status: null, error: 'aborted' })],
    ['408', answer(408)],
    ['425', answer(425)],
    ['409 without a word of the reference', answer(409, '{"error":"conflict"}')],
    ['a redirect', answer(302)],
    ['500', answer(500)],
    ['502', answer(502, '<html>Bad gateway</html>')],
    ['503 that nobody promised anything about', answer(503)],
    ['200 without an id', answer(200, '{"ok":true}')],
    ['200 with HTML', answer(200, '<html>Login</html>')],
    ['200 with cut JSON', answer(200, '{"orderId": 12')],
    ['200 with an id of the wrong kind', answer(200, '{"orderId": true}')],
    ['204', answer(204, '')],
    ['a status nobody thought of', answer(799, 'x')],
  ])('%s', (_name, observation) => {
    expect(judge(observation)).toMatchObject({ kind: 'in-doubt' });
  });
});
