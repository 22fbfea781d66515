import { CallFailure, type FailureClass } from '@relay/core';
import { causeOfStatus } from './call-statistics.js';
import { judgeClocks } from './clocks.js';
import type { Endpoint } from './endpoint.js';
import { Examination } from './examination.js';
import { hft71Reason } from './hft71-reason.js';
import { shopReason } from './shop-reason.js';

const SHOP: Endpoint = {
  ...{ side: 'shop', who: 'The shop', setting: 'WC_BASE_URL' },
  baseUrl: 'https://shop.example',
  servedAt: 'https://shop.example',
};
const HFT71: Endpoint = {
  ...{ side: 'hft71', who: 'HFT71', setting: 'HFT71_BASE_URL' },
  baseUrl: 'https://api.example',
  servedAt: 'https://api.example',
};
const failed = (failure: FailureClass, status: number | null, code: string | null, action = 'site_index') =>
  new CallFailure({ target: 'shop', action, failure, status, code });

describe('of the shop', () => {
  it.each<[string, CallFailure, Partial<Endpoint>, string]>([
    ['no host of this name', failed('unavailable', null, 'ENOTFOUND'), {}, 'shop-base-url'],
    [
      'refused where it never answered',
      failed('unavailable', null, 'ECONNREFUSED'),
      { servedAt: null },
      'shop-base-url',
    ],
    ['refused where it answered', failed('unavailable', null, 'ECONNREFUSED'), {}, 'shop-away'],
    ['silent', failed('unavailable', null, 'deadline'), {}, 'shop-away'],
    ['no TLS there', failed('misconfigured', null, 'EPROTO'), {}, 'shop-base-url'],
    ['an expired certificate', failed('misconfigured', null, 'CERT_HAS_EXPIRED'), {}, 'shop-certificate'],
    [
      'another name’s certificate',
      failed('misconfigured', null, 'ERR_TLS_CERT_ALTNAME_INVALID'),
      {},
      'shop-certificate',
    ],
    ['https only', failed('misconfigured', 301, 'redirects-to-https'), { baseUrl: 'http://shop.example' }, 'shop-http'],
    ['another address', failed('misconfigured', 301, 'redirects'), {}, 'shop-base-url'],
    ['plain permalinks', failed('misconfigured', 404, 'plain-permalinks'), {}, 'shop-permalinks'],
    ['a wrong folder', failed('misconfigured', 404, 'wrong-path'), {}, 'shop-path'],
    ['nothing there', failed('misconfigured', 404, null), {}, 'shop-path'],
    ['no WooCommerce', failed('misconfigured', 404, 'rest_no_route'), {}, 'shop-woocommerce'],
    [
      'a wrong key',
      failed('unauthorized', 401, 'woocommerce_rest_authentication_error', 'list_orders'),
      {},
      'shop-credentials',
    ],
    [
      'a dropped header',
      failed('unauthorized', 401, 'woocommerce_rest_cannot_view', 'list_orders'),
      {},
      'shop-credentials',
    ],
    [
      'a key that may only read',
      failed('read-only', 401, 'woocommerce_rest_authentication_error'),
      {},
      'shop-read-only',
    ],
    ['a password before the whole site', failed('unauthorized', 401, null), {}, 'shop-firewall'],
    ['no API for guests', failed('unauthorized', 401, 'rest_login_required'), {}, 'shop-firewall'],
    ['no API for guests, with 403', failed('unauthorized', 403, 'rest_forbidden'), {}, 'shop-firewall'],
    ['a firewall', failed('misconfigured', 403, null), {}, 'shop-firewall'],
    ['a method that a firewall keeps back', failed('misconfigured', 405, null), {}, 'shop-firewall'],
    ['a maintenance page', failed('unavailable', 200, 'not-json'), {}, 'shop-html'],
    ['a page where it never answered', failed('unavailable', 200, 'not-json'), { servedAt: null }, 'shop-base-url'],
    ['too many calls', failed('throttled', 429, null), {}, 'shop-throttled'],
    ['an outage', failed('unavailable', 502, null), {}, 'shop-outage'],
    ['WordPress while it updates', failed('throttled', 503, null), {}, 'shop-outage'],
    ['an overloaded host', failed('unavailable', 503, null), {}, 'shop-outage'],
  ])('%s', (_what, failure, over, cause) => {
    const reason = shopReason({ ...SHOP, ...over }, failure);
    expect(reason.cause).toBe(cause);
    expect(`${reason.what} ${reason.toDo}`).not.toMatch(/undefined|null|\[object/);
  });

  it('says what is the matter with a certificate', () => {
    expect(shopReason(SHOP, failed('misconfigured', null, 'CERT_HAS_EXPIRED')).what).toContain('it has expired');
  });
});

describe('of HFT71', () => {
  it.each<[string, CallFailure, Partial<Endpoint>, string]>([
    ['a refused password', failed('unauthorized', 401, null, 'login'), {}, 'hft71-credentials'],
    [
      'a password that was refused three times',
      failed('unauthorized', null, 'refused-before', 'login'),
      {},
      'hft71-credentials',
    ],
    [
      'refused at another path than that of the orders',
      failed('unauthorized', 401, null, 'login'),
      { servedAt: 'https://api.example/v2' },
      'hft71-path',
    ],
    [
      'refused at another host than that of the orders',
      failed('unauthorized', 401, null, 'login'),
      { servedAt: 'https://hft71.example' },
      'hft71-base-url',
    ],
    ['nothing there', failed('misconfigured', 404, null, 'login'), {}, 'hft71-path'],
    ['a page instead of an API', failed('unavailable', 200, 'not-json', 'login'), {}, 'hft71-path'],
    ['a firewall', failed('unauthorized', 403, null, 'login'), {}, 'hft71-firewall'],
    ['no rights', failed('unauthorized', 403, null, 'stock_available'), {}, 'hft71-forbidden'],
    ['a limit', failed('throttled', 429, null, 'login'), {}, 'hft71-limit'],
    ['an outage', failed('unavailable', 503, null, 'login'), {}, 'hft71-outage'],
    ['an outage that says until when', failed('throttled', 503, null, 'login'), {}, 'hft71-outage'],
    ['an account that is frozen', failed('throttled', null, 'budget', 'budget'), {}, 'hft71-limit'],
    ['silent', failed('unavailable', null, 'deadline', 'login'), {}, 'hft71-away'],
    ['self-signed', failed('misconfigured', null, 'DEPTH_ZERO_SELF_SIGNED_CERT', 'login'), {}, 'hft71-certificate'],
  ])('%s', (_what, failure, over, cause) => {
    const reason = hft71Reason({ ...HFT71, ...over }, failure);
    expect(reason.cause).toBe(cause);
    expect(`${reason.what} ${reason.toDo}`).not.toMatch(/undefined|null|\[object/);
  });
});

it.each([
  ['throttled', 600_000, true],
  ['unavailable', null, false],
] as const)('says that HFT71 says when to come again only where it does: %s', (failure, retryAfterMs, says) => {
  const refusal = new CallFailure({ target: 'hft71', action: 'login', failure, status: 503, retryAfterMs });
  expect(hft71Reason(HFT71, refusal).what.includes('when to come again')).toBe(says);
});

describe('of clocks', () => {
  const at = new Date('2026-11-28T12:00:00Z');
  const reading = (whose: string, minutes: number) => ({
    ...{ whose, askedAt: at },
    date: new Date(at.getTime() + minutes * 60_000),
  });
  const judged = (...readings: ReturnType<typeof reading>[]) => {
    const exam = new Examination(() => undefined);
    judgeClocks(exam, readings);
    return exam.findings.map(({ what, state }) => `${state}: ${what}`);
  };

  it('the one that differs from the others is wrong', () => {
    expect(judged(reading('PostgreSQL', 0), reading('the shop main', 60))).toEqual([
      'failed: The clock of the shop main is 60 min ahead',
    ]);
  });
  it('ours is, where all differ from it', () => {
    expect(judged(reading('PostgreSQL', 60), reading('the shop main', 60))).toEqual([
      'failed: This machine’s clock is 60 min behind',
    ]);
  });
  it('some minutes are a warning, and fewer a cache', () => {
    expect(judged(reading('PostgreSQL', 0), reading('the shop main', 8))[0]).toMatch(/^warning/);
    expect(judged(reading('PostgreSQL', 0), reading('the shop main', 4))).toEqual([]);
  });
});

it.each<[number | null, string | null, string]>([
  [null, 'deadline', 'transport: no answer (deadline)'],
  [401, null, 'keys, password or permissions'],
  [403, null, 'permissions, or a firewall'],
  [404, null, 'not there: a wrong base URL, or one thing that is gone'],
  [429, null, 'rate limiting'],
  [503, null, 'an outage there'],
])('the runbook’s table: %s %s', (status, code, cause) => expect(causeOfStatus(status, code)).toBe(cause));
