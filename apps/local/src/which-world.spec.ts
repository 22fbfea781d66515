import { whichWorld } from './which-world.js';

test('without shop and HFT71 the sandbox is the world', () => {
  expect(whichWorld({})).toBe('sandbox');
  expect(whichWorld({ WC_BASE_URL: ' ', HFT71_BASE_URL: '' })).toBe('sandbox');
});

test('with both the real ones are', () => {
  expect(whichWorld({ WC_BASE_URL: 'https://shop.example', HFT71_BASE_URL: 'https://api.example' })).toBe('real');
});

test.each([
  [{ WC_BASE_URL: 'https://shop.example' }, 'HFT71_BASE_URL is not'],
  [{ HFT71_BASE_URL: 'https://api.example' }, 'WC_BASE_URL is not'],
])('one real and the other simulated is refused, and the missing one is named', (environment, said) => {
  expect(whichWorld(environment)).toEqual({ refused: expect.stringContaining(said) });
});
