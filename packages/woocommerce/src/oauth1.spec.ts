import { percentEncode, signQuery } from './oauth1.js';

const KEYS = { consumerKey: 'ck_1', consumerSecret: 'cs_1' };
const MOMENT = { nonce: 'n', epochSeconds: 1_700_000_000 };
const sign = (query: Record<string, string>, method = 'GET') =>
  signQuery(method, 'http://shop.example/wp-json/wc/v3/orders', query, KEYS, MOMENT)['oauth_signature'];

test('signs method, address and all parameters, sorted and encoded by RFC 3986', () => {
  // Computed with openssl over the base string written out by hand.
  expect(sign({ status: 'processing,on-hold', "x'": '(a b)*' })).toBe('G1/8NtSkjvP7Jg/LhnFeOF2v7Quxmq7wKMpAMHmIJgM=');
});

test('does not depend on the order of parameters, and on everything else', () => {
  const base = sign({ a: '1', b: '2' });
  expect(sign({ b: '2', a: '1' })).toBe(base);
  expect(sign({ a: '1', b: '3' })).not.toBe(base);
  expect(sign({ a: '1', b: '2' }, 'PUT')).not.toBe(base);
});

test('takes a new nonce each time', () => {
  const nonces = [1, 2].map(() => signQuery('GET', 'http://shop.example/', {}, KEYS)['oauth_nonce']);
  expect(new Set(nonces).size).toBe(2);
});

test('encodes what encodeURIComponent leaves', () => {
  expect(percentEncode("!'()*~ ä")).toBe('%21%27%28%29%2A~%20%C3%A4');
});
