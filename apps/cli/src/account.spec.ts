import { assertNoProcessLeft } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import { run, startWorld, type World } from './test-support.js';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

const set = (text: string) =>
  run(['account', 'password', '--password-stdin', '--as', 'Eve'], world.env, {
    readStdin: () => Promise.resolve(text),
  });
/** Of a process that was there before the change, as a worker is. */
const logIn = () => world.shop.hft71.logInToken();

it('account password is used by running processes from the next log-in on, and told to nobody', async () => {
  await world.control('/hft71', { password: 'rotated-today' }, 'PUT');
  await expect(logIn()).rejects.toThrow();
  const said = await set('rotated-today\n');
  expect([said.code, said.err]).toEqual([EXIT.ok, '']);
  await expect(logIn()).resolves.toEqual(expect.any(String));

  const { pool } = world.relay.ledger;
  const account = JSON.stringify((await pool.query('select * from account')).rows);
  const audit = await pool.query('select actor, action, subject, details from audit');
  expect(audit.rows).toEqual([{ actor: 'Eve', action: 'account password', subject: 'main', details: null }]);
  for (const text of [said.out, account]) expect(text).not.toContain('rotated-today');
});

it('is asked for twice on a terminal, and never made up', async () => {
  const typed = ['one', 'another'];
  const askSecret = () => Promise.resolve(typed.shift() ?? '');
  const differ = await run(['account', 'password'], world.env, { isTerminal: true, askSecret });
  expect(differ.err).toContain('the two passwords differ');
  const silent = await world.say('account', 'password');
  expect([silent.code, silent.out]).toEqual([EXIT.failed, '']);
  expect(silent.err).toContain('--password-stdin');
  expect((await set('\n')).err).toContain('the password is empty');
});
