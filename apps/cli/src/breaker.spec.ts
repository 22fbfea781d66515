import { openAlerts, raiseAlert, stopAccount } from '@relay/ledger';
import { assertNoProcessLeft } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import { startWorld, type World } from './test-support.js';

let world: World;

beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

it('breaker close lets a stopped account go again, with a reason, and is written down', async () => {
  const { ledger } = world.relay;
  await stopAccount(ledger, world.shop.accountId, 'another sender: order 7 shows 99');
  await raiseAlert(ledger, { kind: 'another sender', severity: 1, subject: 'main', message: 'x' });
  expect((await world.say('breaker', 'show')).out).toMatch(/open\. Opened by relay: another\s+sender/);

  expect((await world.say('breaker', 'close', '--yes')).code).toBe(EXIT.usage);
  expect((await world.say('breaker', 'close', '--reason', 'plugin off')).code).toBe(EXIT.failed); // no yes, no terminal
  const said = await world.say('breaker', 'close', '--reason', 'plugin off', '--yes', '--as', 'Eve');
  expect([said.code, said.out]).toEqual([EXIT.ok, 'The breaker is closed: orders go again.\n']);
  expect((await world.say('breaker', 'show', '--json')).json()).toMatchObject({ state: 'closed', owner: null });
  expect(await openAlerts(ledger)).toEqual([]);
  const { rows } = await ledger.pool.query('select actor, action, reason from audit');
  expect(rows).toEqual([{ actor: 'Eve', action: 'breaker close', reason: 'plugin off' }]);
});
