import { loadSettings } from '@relay/config';
import { createSilentLogger } from '@relay/observability';
import { logIn, openRelay, type Relay } from '@relay/operations';
import { createTestDatabase, createTestRedis, type TestDatabase, type TestRedis } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import { run } from './test-support.js';

let database: TestDatabase;
let redis: TestRedis;
let env: Record<string, string>;
let relay: Relay;

beforeAll(async () => {
  [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
  env = {
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    RELAY_SECRET_KEY: 'a-key-for-tests-of-the-command-line',
    RELAY_ADMIN_USER: 'boss',
    RELAY_ADMIN_PASSWORD: 'long enough for us',
  };
  relay = await openRelay(loadSettings(env), createSilentLogger());
});
afterAll(async () => {
  await relay.close();
  await redis.close();
  await database.drop();
});

it('prints a password that it made, once, and it works', async () => {
  const said = await run(['user', 'add', 'eve', '--role', 'operator', '--json'], env);
  expect(said.code).toBe(EXIT.ok);
  const { password } = said.json() as unknown as { password: string };
  expect(password.length).toBeGreaterThanOrEqual(20);
  expect(await logIn(relay, 'eve', password)).toBe('operator');
  expect((await run(['user', 'list'], env)).out).toMatch(/eve +operator/);
});

it('takes a password from the input and prints none', async () => {
  const readStdin = () => Promise.resolve('correct horse battery\n');
  const said = await run(['user', 'add', 'adam', '--role', 'viewer', '--password-stdin'], env, { readStdin });
  expect(said.out).toBe('User adam is added as viewer.\n');
  expect(await logIn(relay, 'adam', 'correct horse battery')).toBe('viewer');
});

it('asks a person twice', async () => {
  const typing = (...words: string[]) => ({
    isTerminal: true,
    askSecret: () => Promise.resolve(words.shift() ?? ''),
  });
  const add = ['user', 'add', 'ann', '--role', 'admin'];
  expect((await run(add, env, typing('one long password', 'another password'))).err).toContain('differ');
  expect((await run(add, env, typing('short', 'short'))).err).toContain('at least 10');
  expect((await run(add, env, typing('one long password', 'one long password'))).code).toBe(EXIT.ok);
  expect(await logIn(relay, 'ann', 'one long password')).toBe('admin');
});

it('refuses a name that is taken', async () => {
  await run(['user', 'add', 'twice', '--role', 'viewer'], env);
  const said = await run(['user', 'add', 'twice', '--role', 'admin'], env);
  expect(said.code).toBe(EXIT.failed);
  expect(said.err).toContain('relay user remove twice');
});

it('removes a user, and says when the settings bring it back', async () => {
  await run(['user', 'add', 'boss', '--role', 'admin'], env);
  const said = await run(['user', 'remove', 'boss', '--as', 'Eve'], env);
  expect(said.out).toContain('RELAY_ADMIN_USER');
  const again = await run(['user', 'remove', 'boss'], env);
  expect([again.code, again.err]).toEqual([EXIT.failed, expect.stringContaining('there is no user boss')]);
  const audit = await relay.ledger.pool.query("select actor from audit where action = 'user remove'");
  expect(audit.rows).toEqual([{ actor: 'Eve' }]);
});

it('says what to do when the key does not open the ledger, and ends with 78', async () => {
  const said = await run(['user', 'list'], { ...env, RELAY_SECRET_KEY: 'another-key-for-tests-of-the-command' });
  expect(said.code).toBe(EXIT.config);
  expect(said.err).toMatch(/^RELAY_SECRET_KEY does not open this ledger\nWhat to do: Set the key/);
});
