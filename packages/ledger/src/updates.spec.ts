import { randomUUID } from 'node:crypto';
import { claimAttempt, prepareAttempt } from './attempt.js';
import { inTransaction } from './connect.js';
import { recordAccepted } from './record-outcome.js';
import { reprintOrder } from './reprint.js';
import { startLedgerWorld, type LedgerWorld } from './testing-world.js';
import {
  CANCEL,
  claimUpdate,
  dropUpdate,
  heldUpdates,
  postponeUpdate,
  holdUpdate,
  recordUpdated,
  resolveHeldUpdates,
  takeDueUpdates,
  wantUpdates,
  type UpdateView,
} from './updates.js';

const ORDER = { shopId: 'main', orderId: 1 };

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
  const token = await world.claimed(1);
  await recordAccepted(world.ledger, token, { httpStatus: 201, errorCode: null, left: true, hft71OrderId: 'H1' });
});
afterEach(() => world.close());

async function seen(over: { addressHash?: string; status?: string }, delayMs = 0): Promise<number> {
  await world.receive({ orderId: 1, modifiedGmt: '2026-11-23T11:00:00', ...over });
  return wantUpdates(world.ledger, ORDER, delayMs);
}

async function claimed(): Promise<UpdateView> {
  const [due] = await takeDueUpdates(world.ledger, 60_000, 5);
  const update = due === undefined ? null : await claimUpdate(world.ledger, due.id, 45_000);
  if (update === null || update === 'busy') throw new Error(`not claimed: ${String(update)}`);
  return update;
}

test('what HFT71 was sent is no update; another address is one, armed again by its hash', async () => {
  expect(await seen({})).toBe(0);
  expect(await seen({ addressHash: 'address-2' })).toBe(1);
  expect(await wantUpdates(world.ledger, ORDER, 0)).toBe(0); // as wanted already
  const update = await claimed();
  await seen({ addressHash: 'address-3' }); // while the call is under way
  await recordUpdated(world.ledger, update, 'address-2');
  expect(await world.intent(1, 'update_order_address')).toMatchObject({ state: 'ready', wanted_hash: 'address-3' });
  await recordUpdated(world.ledger, await claimed(), 'address-3');
  expect(await world.intent(1, 'update_order_address')).toMatchObject({ state: 'sent' });
  expect(await wantUpdates(world.ledger, ORDER, 0)).toBe(0);
});

test('one call for an order at a time: another update of it waits', async () => {
  await seen({ addressHash: 'address-2' });
  const address = await claimed();
  await seen({ addressHash: 'address-2', status: 'cancelled' });
  const [due] = await takeDueUpdates(world.ledger, 60_000, 5);
  expect(due?.kind).toBe('update_order');
  expect(await claimUpdate(world.ledger, due?.id ?? '', 45_000)).toBe('busy');
  await dropUpdate(world.ledger, address, 'cancelled');
  expect(await claimUpdate(world.ledger, due?.id ?? '', 45_000)).toMatchObject({ wantedHash: CANCEL });
});

describe('a reprint beside an update of its order', () => {
  async function reprint(): Promise<() => ReturnType<typeof claimAttempt>> {
    await world.ledger.pool.query(`update intent set state = 'written_back' where kind = 'send_order'`);
    const made = await reprintOrder(world.ledger, ORDER, { actor: 'eve', reason: 'it came torn' });
    if (made.kind !== 'reprint') throw new Error(`no reprint: ${made.kind}`);
    const attempt = { intentId: made.intentId, token: randomUUID(), worker: 'spec', payloadHash: 'p' };
    expect(await prepareAttempt(world.ledger, attempt)).toBe(true);
    const claim = { accountId: world.accountId, addressHash: 'address-2', leaseMs: 45_000, maxUnmirrored: 20 };
    return () => claimAttempt(world.ledger, { ...attempt, ...claim });
  }

  test('is not claimed while the update is under way, and is afterwards', async () => {
    await seen({ addressHash: 'address-2' });
    const update = await claimed();
    const claim = await reprint();
    expect(await claim()).toBe('update-under-way');
    await recordUpdated(world.ledger, update, 'address-2');
    expect(await claim()).toBe('claimed');
  });

  test('of two that come at the same instant one waits', async () => {
    await seen({ addressHash: 'address-2' });
    const claim = await reprint();
    const [due] = await takeDueUpdates(world.ledger, 60_000, 5);
    const answers = await inTransaction(world.ledger, async (client) => {
      // Both have begun before either can see the other's commit.
      await client.query('select 1 from account for update');
      await client.query(`select 1 from intent where id = $1 for update`, [due?.id]);
      return [claim(), claimUpdate(world.ledger, due?.id ?? '', 45_000)] as const;
    });
    const [claimedReprint, claimedUpdate] = await Promise.all(answers);
    expect([claimedReprint === 'claimed', claimedUpdate !== 'busy']).toContain(true);
    expect([claimedReprint, claimedUpdate === 'busy' ? 'busy' : 'claimed']).not.toEqual(['claimed', 'claimed']);
  });
});

test('an update that finds its own call under way leaves its lease alone', async () => {
  await seen({ addressHash: 'address-2' });
  const update = await claimed();
  await seen({ addressHash: 'address-3' });
  expect(await claimUpdate(world.ledger, update.id, 45_000)).toBe('busy');
  await postponeUpdate(world.ledger, update.id, 0);
  expect(await claimUpdate(world.ledger, update.id, 45_000)).toBe('busy');
});

test('what the relay itself wrote because HFT71 said so is no cancellation of the shop’s', async () => {
  await world.ledger.pool.query(`update progress set written_shop_status = 'cancelled'`);
  expect(await seen({ status: 'cancelled' })).toBe(0);
});

test('a held update that is wanted no more leaves the list', async () => {
  await seen({ status: 'cancelled' });
  await holdUpdate(world.ledger, await claimed(), 'cancel-by-hand', 'cancel it by hand');
  expect(await heldUpdates(world.ledger)).toHaveLength(1);
  await seen({ status: 'processing' });
  expect(await heldUpdates(world.ledger)).toEqual([]);
});

test('sent again in doubt with another address: what HFT71 has may be the first one, so the second is an update', async () => {
  await world.ledger.pool.query(`update attempt set outcome = 'in_doubt', address_hash = 'address-1'`);
  await world.ledger.pool.query(
    `update intent set state = 'ready', hft71_order_id = null, doubt_since = now(), reason = null where kind = 'send_order'`,
  );
  const token = await world.prepared(1);
  await claimWithAddress(token, 'address-2');
  await recordAccepted(world.ledger, token, { httpStatus: 201, errorCode: null, left: true, hft71OrderId: 'H1' });
  expect(await world.intent(1)).toMatchObject({ state: 'sent', address_hash: 'address-1' });
  expect(await seen({ addressHash: 'address-2' })).toBe(1);
});

async function claimWithAddress(token: string, addressHash: string): Promise<void> {
  const intentId = String((await world.intent(1))['id']);
  const claim = { intentId, accountId: world.accountId, token, payloadHash: 'p', leaseMs: 45_000, maxUnmirrored: 20 };
  expect(await claimAttempt(world.ledger, { ...claim, addressHash })).toBe('claimed');
}

test('edits are let settle before anything is due', async () => {
  await seen({ addressHash: 'address-2' }, 60_000);
  expect(await takeDueUpdates(world.ledger, 60_000, 5)).toEqual([]);
});

test('a held update is listed; the next edit arms it, and a person may settle it', async () => {
  await seen({ addressHash: 'address-2' });
  await holdUpdate(world.ledger, await claimed(), 'http-422', 'refused');
  expect(await heldUpdates(world.ledger)).toMatchObject([{ kind: 'update_order_address', reason: 'http-422' }]);
  expect(await wantUpdates(world.ledger, ORDER, 0)).toBe(0); // the same again would be refused again
  expect(await seen({ addressHash: 'address-3' })).toBe(1);
  await holdUpdate(world.ledger, await claimed(), 'http-422', 'refused');
  const by = { actor: 'eve', reason: 'changed at HFT71' };
  expect(await resolveHeldUpdates(world.ledger, ORDER, { ...by, how: 'done' })).toBe(1);
  expect(await resolveHeldUpdates(world.ledger, ORDER, { ...by, how: 'done' })).toBe(0);
  expect(await wantUpdates(world.ledger, ORDER, 0)).toBe(0);
});

test('an adopted id came with an address that nobody knows: the one shown now is taken for it', async () => {
  await world.ledger.pool.query('update intent set address_hash = null');
  expect(await seen({ addressHash: 'address-9' })).toBe(0);
  expect(await seen({ addressHash: 'address-10' })).toBe(1);
});
