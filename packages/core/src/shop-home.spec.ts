import { sameHomeUrl } from './shop-home.js';

test.each([
  ['https://shop.example', 'https://shop.example/', true],
  ['https://Shop.Example/', 'https://shop.example', true],
  ['https://example.com/shop', 'https://example.com/shop/', true],
  ['https://example.com/shop', 'https://example.com/', false],
  ['http://shop.example', 'https://shop.example', false],
  ['https://staging.shop.example', 'https://shop.example', false],
  ['', 'https://shop.example', false],
])('%s and %s: same shop %s', (a, b, same) => {
  expect(sameHomeUrl(a, b)).toBe(same);
});
