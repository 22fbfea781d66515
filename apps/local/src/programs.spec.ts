import { printAddresses } from './programs.js';

function printed(admin: { user: string; password: string | null } | null): string {
  const lines: string[] = [];
  const say = { step: () => {}, progress: () => {}, line: (text: string) => lines.push(text), problem: () => {} };
  printAddresses(say, { port: '8071', admin, folder: '/data' });
  return lines.join('\n');
}

test('a password that was made here is printed: nobody else knows it', () => {
  expect(printed({ user: 'admin', password: 'made-here' })).toContain('log in as    admin / made-here');
});

test('the merchant’s own is named and not printed', () => {
  expect(printed({ user: 'ops', password: null })).toContain('log in as    ops (RELAY_ADMIN_PASSWORD)');
  expect(printed(null)).not.toContain('log in as');
});
