import { keyedHash, SecretBox, secretsEqual } from './secret-box.js';

const OLD = 'old-secret-key-of-at-least-32-characters';
const NEW = 'new-secret-key-of-at-least-32-characters';

test('what was closed is opened', () => {
  const box = new SecretBox([NEW], 'test');
  expect(box.open(box.close('pass wörd'))).toBe('pass wörd');
});

test('two closings of one text differ', () => {
  const box = new SecretBox([NEW], 'test');
  expect(box.close('x')).not.toBe(box.close('x'));
});

test('while a rotation lasts the previous key still opens, and the new one closes', () => {
  const closed = new SecretBox([OLD], 'test').close('x');
  const rotating = new SecretBox([NEW, OLD], 'test');
  expect(rotating.open(closed)).toBe('x');
  expect(new SecretBox([NEW], 'test').open(rotating.close('y'))).toBe('y');
});

test.each([
  ['another key', () => new SecretBox([OLD], 'test').close('x')],
  ['another purpose', () => new SecretBox([NEW], 'other').close('x')],
  ['a changed byte', () => new SecretBox([NEW], 'test').close('x').replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))],
  ['garbage', () => 'AAAA'],
])('nothing is opened with %s', (_name, closed) => {
  expect(new SecretBox([NEW], 'test').open(closed())).toBeNull();
});

test('equal content has an equal hash whatever the order of its keys, and another key another hash', () => {
  expect(keyedHash('k', { a: 1, b: [2, { c: 3, d: 4 }] })).toBe(keyedHash('k', { b: [2, { d: 4, c: 3 }], a: 1 }));
  expect(keyedHash('k', { a: 1 })).not.toBe(keyedHash('l', { a: 1 }));
  expect(keyedHash('k', { a: 1 })).not.toBe(keyedHash('k', { a: '1' }));
});

test('secrets of different lengths are compared without an error', () => {
  expect(secretsEqual('a', 'ab')).toBe(false);
  expect(secretsEqual('ab', 'ab')).toBe(true);
});
