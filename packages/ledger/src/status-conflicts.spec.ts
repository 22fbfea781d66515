import { openAlerts, raiseAlert } from './alerts.js';
import { loadPoll, planNewPolls, pollNow, recordPoll, takeDuePolls, type PollResult } from './polls.js';
import { recordAccepted } from './record-outcome.js';
import { loadShown, recordShown } from './shown.js';
import { acceptConflict, overwriteConflict, STATUS_CONFLICT, statusConflicts } from './status-conflicts.js';
import { startLedgerWorld, type LedgerWorld } from './testing-world.js';

const ORDER = { shopId: 'main', orderId: 1 };
const BY = { actor: 'eve', reason: 'refunded by phone' };
const CONFLICT = { shown: 'refunded', wanted: 'completed' };

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
  const token = await world.claimed(1);
  await recordAccepted(world.ledger, token, { httpStatus: 201, errorCode: null, left: true, hft71OrderId: 'H1' });
  await planNewPolls(world.ledger, world.accountId, 0);
  await read('Closed');
  await show(CONFLICT);
});
afterEach(() => world.close());

async function read(status: string): Promise<void> {
  await pollNow(world.ledger, ORDER);
  const [due] = await takeDuePolls(world.ledger, world.accountId, { leaseMs: 60_000, limit: 1 });
  const poll = due === undefined ? null : await loadPoll(world.ledger, due);
  if (poll === null) throw new Error('nothing is due');
  const result: PollResult = {
    ...{ statuses: [{ sku: 'A', status }], customerStatuses: null, shipping: null, status, furthest: status },
    ...{ changed: true, pollInMs: 3_600_000, ended: null, hint: null },
  };
  await recordPoll(world.ledger, poll, result);
}

const loaded = () => loadShown(world.ledger, { ...ORDER, copy: 1 });
/** What a write-back sees, as of a version that it loaded. */
async function show(conflict: typeof CONFLICT | null, version?: number): Promise<string | null> {
  return recordShown(world.ledger, ORDER, { conflict, version: version ?? (await loaded())?.version ?? 0 });
}
const listed = async () => (await statusConflicts(world.ledger, 'main')).map(({ conflict }) => conflict);

test('accepted, it is none any more, however often it is looked at, until HFT71’s status is another', async () => {
  await raiseAlert(world.ledger, { kind: STATUS_CONFLICT, severity: 3, subject: 'main/1', message: 'x' });
  expect(await acceptConflict(world.ledger, ORDER, BY)).toBe('refunded instead of completed');
  expect([await listed(), await openAlerts(world.ledger)]).toEqual([[], []]);
  expect(await show(CONFLICT)).toBeNull();
  await read('Closed');
  expect(await show(CONFLICT)).toBeNull();
  await read('Returned');
  expect(await show(CONFLICT)).toBe('refunded instead of completed');
  await read('Closed'); // the person's word was about the first time
  expect(await show(CONFLICT)).toBe('refunded instead of completed');
  expect(await acceptConflict(world.ledger, { ...ORDER, orderId: 2 }, BY)).toBeNull();
});

test('a write-back that had begun before it was accepted does not bring it back', async () => {
  const before = await loaded();
  await acceptConflict(world.ledger, ORDER, BY);
  expect(await show(CONFLICT, before?.version)).toBeNull();
  expect(await listed()).toEqual([]);
});

test('overwriting allows that one status, once, and has it written; a write-back from before does not use it up', async () => {
  const before = await loaded();
  expect(await overwriteConflict(world.ledger, ORDER, BY)).toBe('refunded instead of completed');
  expect(await world.intent(1, 'write_back')).toMatchObject({ state: 'ready', wanted_hash: '2' });
  expect(await show(CONFLICT, before?.version)).toBe('refunded instead of completed');
  expect((await loaded())?.own).toEqual(['refunded']);
  expect(await show(null)).toBeNull(); // written
  expect([await listed(), (await loaded())?.own]).toEqual([[], []]);
  expect(await overwriteConflict(world.ledger, ORDER, BY)).toBeNull();
});

test('who said it, and why, is written down', async () => {
  await overwriteConflict(world.ledger, ORDER, BY);
  await acceptConflict(world.ledger, ORDER, BY);
  const { rows } = await world.ledger.pool.query('select actor, action, subject, reason from audit order by id');
  expect(rows).toEqual([
    { ...BY, action: 'statuses overwrite', subject: 'main/1' },
    { ...BY, action: 'statuses accept', subject: 'main/1' },
  ]);
  expect((await loaded())?.own).toEqual([]); // the second word counts
});
