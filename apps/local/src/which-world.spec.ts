import { whichWorld } from './which-world.js';

const both = (shop: string, provider: string) => whichWorld({ WC_BASE_URL: shop, HFT71_BASE_URL: provider });

test('without shop and HFT71 the sandbox is the world', () => {
  expect(whichWorld({})).toBe('sandbox');
  expect(whichWorld({ WC_BASE_URL: ' ', HFT71_BASE_URL: '' })).toBe('sandbox');
});

test('with both the real ones are', () => {
  expect(both('https://shop.example', 'https://api.example')).toBe('real');
});

test('both on this machine are allowed: so the real start is tried against simulated ones', () => {
  expect(both('http://127.0.0.1:8480', 'http://localhost:8090/')).toBe('real');
  expect(both('http://[::1]:8480', 'http://127.1.2.3')).toBe('real');
});

test.each([
  [{ WC_BASE_URL: 'https://shop.example' }, 'HFT71_BASE_URL is not'],
  [{ HFT71_BASE_URL: 'https://api.example' }, 'WC_BASE_URL is not'],
])('one real and the other simulated is refused, and the missing one is named', (environment, said) => {
  expect(whichWorld(environment)).toEqual({ refused: expect.stringContaining(said) });
});

test.each([
  'http://localhost:8090',
  'http://LOCALHOST.:8090',
  'http://hft71.localhost',
  'http://127.0.0.1',
  'http://127.255.0.9:1',
  'http://[::1]:8090',
  'http://[::ffff:127.0.0.1]:8090',
  'http://0.0.0.0:8090',
])('a real shop with an HFT71 at %s, or the reverse, is refused', (here) => {
  expect(both('https://shop.example', here)).toEqual({
    refused: expect.stringContaining('HFT71_BASE_URL is on this machine and WC_BASE_URL is not'),
  });
  expect(both(here, 'https://api.example')).toEqual({
    refused: expect.stringContaining('WC_BASE_URL is on this machine and HFT71_BASE_URL is not'),
  });
});

test.each(['localhost:8090', 'no address', 'ftp://127.0.0.1'])(
  '%j is left to the settings, which name every fault at once',
  (wrong) => {
    expect(both('https://shop.example', wrong)).toBe('real');
  },
);

test.each(['https://localhost.example', 'https://128.0.0.1', 'https://127.0.0.1.example'])('%s is elsewhere', (url) => {
  expect(both('https://shop.example', url)).toBe('real');
});

test('in a private network, a container’s say, either may be what it likes', () => {
  for (const provider of ['http://hft71-mock:9000', 'http://127.0.0.1:9000', 'https://api.example.com'])
    expect(whichWorld({ WC_BASE_URL: 'http://wordpress:8080', HFT71_BASE_URL: provider })).toBe('real');
});
