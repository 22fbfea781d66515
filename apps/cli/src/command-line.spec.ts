import type { Command } from 'commander';
import { EXIT } from './exit-codes.js';
import { commandTree, run } from './test-support.js';

const SETTINGS = {
  DATABASE_URL: 'postgresql://relay:relay@127.0.0.1:1/relay',
  REDIS_URL: 'redis://127.0.0.1:1',
  RELAY_SECRET_KEY: 'a-key-for-tests-of-the-command-line',
};

/** Every command that does something: `relay mode` does, beside `relay mode live`. */
function leaves(command: Command, path = command.name()): string[] {
  const own = command.commands.length === 0 || command.registeredArguments.length > 0 ? [path] : [];
  return [...own, ...command.commands.flatMap((each) => leaves(each, `${path} ${each.name()}`))];
}

describe('relay --help', () => {
  it('documents the exit codes and gives examples, without any settings', async () => {
    const said = await run(['--help'], {});
    expect(said.code).toBe(EXIT.ok);
    for (const text of ['Exit codes:', '64  the command line', 'relay orders held']) expect(said.out).toContain(text);
  });

  it.each(leaves(commandTree()))('has examples and --json in %s', async (path) => {
    const said = await run([...path.split(' ').slice(1), '--help'], {});
    expect(said.code).toBe(EXIT.ok);
    expect(said.out).toContain('Examples:');
    expect(said.out).toContain('--json');
    expect(Math.max(...said.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe('a command line that makes no sense ends with 64 and says what to do', () => {
  const resolve = ['orders', 'resolve', '1001', '--reason', 'looked'];
  it.each<[string, string[], string]>([
    ['an unknown command', ['stauts'], 'Did you mean status?'],
    ['an unknown subcommand', ['orders', 'heldd'], 'Did you mean held?'],
    ['an unknown mode', ['mode', 'lvie'], 'show, live, shadow'],
    ['an unknown option', ['status', '--jsn'], 'Did you mean --json?'],
    ['no command', [], 'Usage: relay'],
    ['half a command', ['orders'], 'Usage: relay orders'],
    ['no answer to what is true', [...resolve, '--attempt', 'none'], '--exists ID when HFT71 has it'],
    ['both answers', [...resolve, '--attempt', 'none', '--send', '--exists', '7'], 'cannot be used with'],
    ['no attempt', [...resolve, '--send'], "required option '--attempt <token>'"],
    ['half an attempt', [...resolve, '--send', '--attempt', '0b8c4c1e'], 'Copy it from relay orders show'],
    ['an empty reason', ['orders', 'resolve', '1', '--send', '--attempt', 'none', '--reason', ' '], 'may not be empty'],
    ['a hold without a reason', ['orders', 'hold', '1001'], "required option '--reason <text>'"],
    ['a breaker opened for nothing', ['breaker', 'open', '--reason', ''], 'may not be empty'],
    ['a restore without a reason', ['ledger', 'restored'], "required option '--reason <text>'"],
    ['rows of nothing', ['export', 'customers'], 'orders, intents, attempts, calls'],
    ['a date that is none', ['export', 'orders', '--from', '2026-02-30'], 'Write a time in UTC'],
    ['two windows', ['export', 'orders', '--from', '2026-02-20', '--window', '1d'], 'cannot be used with'],
    ['a limit of nothing', ['orders', 'held', '--limit', '0'], 'whole number from 1'],
    ['a role that is none', ['user', 'add', 'eve', '--role', 'boss'], 'viewer, operator, admin'],
  ])('%s', async (_what, argv, text) => {
    const said = await run(argv, {});
    expect(said.code).toBe(EXIT.usage);
    expect(said.err).toContain(text);
    expect(said.err).toContain(argv.length < 2 && text.startsWith('Usage') ? 'Examples:' : '--help');
    expect(said.out).toBe('');
  });
});

describe('settings', () => {
  it('are told of all at once, with 78', async () => {
    const said = await run(['status'], { WC_BASE_URL: 'https://shop.example' });
    expect(said.code).toBe(EXIT.config);
    for (const name of ['DATABASE_URL', 'REDIS_URL', 'RELAY_SECRET_KEY', 'WC_CONSUMER_KEY', 'HFT71_PASSWORD'])
      expect(said.err).toContain(name);
    expect(said.out).toBe('');
  });

  it('are told of as one JSON document too', async () => {
    const said = await run(['status', '--json'], { DATABASE_URL: 'mysql://x' });
    expect(said.code).toBe(EXIT.config);
    expect(said.json()).toMatchObject({ kind: 'settings', exitCode: 78 });
    expect(said.json()['faults']).toHaveLength(3);
    expect(said.err).toBe('');
  });
});

it('a PostgreSQL that is away ends with 69', async () => {
  const said = await run(['status'], SETTINGS);
  expect(said.code).toBe(EXIT.unavailable);
  expect(said.err).toContain('PostgreSQL does not answer');
  expect(said.err).toContain('DATABASE_URL');
});
