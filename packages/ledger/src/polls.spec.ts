import { openBreaker } from './breaker.js';
import { hintedOrder, hintStatus } from './hft71-deliveries.js';
import { takeDueWriteBacks } from './dispatch.js';
import {
  followStatusRules,
  loadPoll,
  planNewPolls,
  pollNow,
  pollsUnderWay,
  recordPoll,
  recordPollFault,
  takeDuePolls,
  type PollResult,
} from './polls.js';
import { recordAccepted } from './record-outcome.js';
import { countUnmirrored, recordWriteBackFailed, recordWrittenBack } from './write-back.js';
import { startLedgerWorld, type LedgerWorld } from './testing-world.js';

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
});
afterEach(() => world.close());

const result: PollResult = {
  ...{ statuses: [{ sku: 'A', status: 'In Production' }], customerStatuses: null, shipping: null },
  ...{
    status: 'In Production',
    furthest: 'In Production',
    changed: true,
    pollInMs: 3_600_000,
    ended: null,
    hint: null,
  },
};

/** Order 1 at HFT71 under this id, and due to be read. */
async function accepted(hft71OrderId = 'H1'): Promise<void> {
  const token = await world.claimed(1);
  await recordAccepted(world.ledger, token, { httpStatus: 201, errorCode: null, left: true, hft71OrderId });
  await planNewPolls(world.ledger, world.accountId, 0);
}

async function take() {
  return takeDuePolls(world.ledger, world.accountId, { leaseMs: 60_000, limit: 10 });
}

async function polled() {
  const [due] = await take();
  if (due === undefined) throw new Error('nothing is due');
  const poll = await loadPoll(world.ledger, due);
  if (poll === null) throw new Error('not under way');
  return poll;
}

async function progress(): Promise<Record<string, unknown>> {
  return (await world.ledger.pool.query<Record<string, unknown>>('select * from progress')).rows[0] ?? {};
}

test('an accepted order is planned for later: a drain is not burdened with a reading of each order', async () => {
  const token = await world.claimed(1);
  await recordAccepted(world.ledger, token, { httpStatus: 201, errorCode: null, left: true, hft71OrderId: 'H1' });
  expect(await take()).toEqual([]);
  await planNewPolls(world.ledger, world.accountId, 3_600_000);
  expect(await take()).toEqual([]);
  expect((await progress())['poll_at']).not.toBeNull();
});

test('one poll of an order at a time, and an older one’s answer changes nothing', async () => {
  await accepted();
  const poll = await polled();
  expect(await take()).toEqual([]);
  expect(await pollsUnderWay(world.ledger, world.accountId)).toBe(1);
  await pollNow(world.ledger, { shopId: 'main', orderId: 1 });
  const newer = await polled();
  expect(await recordPoll(world.ledger, poll, result)).toBe(false);
  expect(await recordPoll(world.ledger, newer, result)).toBe(true);
  expect(await progress()).toMatchObject({ status: 'In Production', version: 1, polling_until: null });
});

test('nothing is taken while the breaker is open', async () => {
  await accepted();
  await openBreaker(world.ledger, { kind: 'account', id: world.accountId }, { owner: 'relay', reason: 'spec' });
  expect(await take()).toEqual([]);
});

test('a change arms the write-back, also of an order that is written back', async () => {
  await accepted();
  await world.ledger.pool.query(`update intent set state = 'written_back' where kind = 'write_back'`);
  await recordPoll(world.ledger, await polled(), { ...result, changed: false });
  expect(await world.intent(1, 'write_back')).toMatchObject({ state: 'written_back' });
  await pollNow(world.ledger, { shopId: 'main', orderId: 1 });
  await recordPoll(world.ledger, await polled(), result);
  expect(await world.intent(1, 'write_back')).toMatchObject({ state: 'ready' });
});

test('a write-back that is under way is left alone, and made again for what came in between', async () => {
  await accepted();
  const writeBack = async () => world.intent(1, 'write_back');
  const { id } = (await takeDueWriteBacks(world.ledger, 60_000, 5))[0] ?? { id: '' };
  const dispatched = await writeBack();
  await recordPoll(world.ledger, await polled(), result);
  expect(await writeBack()).toMatchObject({ state: 'ready', dispatched_until: dispatched['dispatched_until'] });
  await recordWrittenBack(world.ledger, id, 'H1', 0); // what it read was the version before
  expect(await writeBack()).toMatchObject({ state: 'ready', dispatched_until: null });
  expect(await world.intent(1)).toMatchObject({ state: 'written_back' });
  await recordWrittenBack(world.ledger, id, 'H1', 1);
  expect(await writeBack()).toMatchObject({ state: 'written_back' });
});

test('a status that cannot be written does not count as an order that the shop does not show', async () => {
  await accepted();
  const { id } = (await takeDueWriteBacks(world.ledger, 60_000, 5))[0] ?? { id: '' };
  await recordWriteBackFailed(world.ledger, id, { notBeforeMs: 0, lastFailure: 'HTTP 500' });
  expect(await countUnmirrored(world.ledger, 'main')).toBe(1);
  await recordPoll(world.ledger, await polled(), result);
  expect(await countUnmirrored(world.ledger, 'main')).toBe(1); // a reading is no success
  await recordWrittenBack(world.ledger, id, 'H1', 0);
  await recordWriteBackFailed(world.ledger, id, { notBeforeMs: 0, lastFailure: 'HTTP 500' });
  expect(await countUnmirrored(world.ledger, 'main')).toBe(0);
});

test('a person’s status is looked at again when it changes; other settings make recent orders be shown anew', async () => {
  await accepted();
  await recordPoll(world.ledger, await polled(), { ...result, ended: 'terminal', pollInMs: null });
  await world.ledger.pool.query(`update progress set conflict = 'refunded instead of completed'`);
  await world.receive({ orderId: 1, modifiedGmt: '2026-11-24T10:00:00', status: 'completed' });
  expect((await polled()).conflict).toBe('refunded instead of completed');
  expect(await followStatusRules(world.ledger, 'main', 'a')).toBe(0);
  expect(await followStatusRules(world.ledger, 'main', 'a')).toBe(0);
  expect(await followStatusRules(world.ledger, 'main', 'b')).toBe(1);
});

test('what a webhook tells moves the order to the front; told while it is read, it is read again', async () => {
  await accepted();
  const poll = await polled();
  const order = await hintedOrder(world.ledger, world.accountId, 'H1');
  await hintStatus(world.ledger, order?.intentId ?? '', 'Closed');
  await recordPoll(world.ledger, poll, result);
  expect(await progress()).toMatchObject({ hint: 'Closed', seen: ['In Production'] });
  const again = await polled();
  expect(again.hint).toBe('Closed');
  await recordPoll(world.ledger, again, { ...result, statuses: [{ sku: 'A', status: 'Closed' }], status: 'Closed' });
  expect(await progress()).toMatchObject({ hint: null, seen: ['Closed', 'In Production'], status: 'Closed' });
});

test('a reading that is not believed leaves the status and plans the next one', async () => {
  await accepted();
  await recordPoll(world.ledger, await polled(), result);
  await pollNow(world.ledger, { shopId: 'main', orderId: 1 });
  await recordPollFault(world.ledger, await polled(), { fault: 'empty-list', pollInMs: 0, ended: null });
  expect(await progress()).toMatchObject({ status: 'In Production', fault: 'empty-list', version: 1 });
  await recordPoll(world.ledger, await polled(), result);
  expect(await progress()).toMatchObject({ fault: null, fault_since: null });
});

test('the timeline tells of states, jobs and statuses without a statement having to think of it', async () => {
  await accepted();
  await recordPoll(world.ledger, await polled(), result);
  const { rows } = await world.ledger.pool.query<{ told: string }>(
    `select kind || ': ' || what as told from order_event order by id`,
  );
  expect(rows.map(({ told }) => told)).toEqual([
    'order: first seen: processing by webhook',
    'state: send_order: ready',
    'job: send_order: dispatch 1',
    'state: send_order: ready → sending',
    'state: send_order: sending → sent',
    'state: write_back: ready',
    'status: HFT71 H1: In Production',
  ]);
});
