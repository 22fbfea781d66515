import { giveHeldNoteBack, takeHeldNote, willNoteSent } from './order-notes.js';
import { holdByPerson, releaseHeld } from './hold-release.js';
import { recordAccepted } from './record-outcome.js';
import { startLedgerWorld, type LedgerWorld } from './testing-world.js';

const BY = { actor: 'eve', reason: 'the customer calls back' };

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
});
afterEach(() => world.close());

const take = () => takeHeldNote(world.ledger, 'main');

test('of a hold one worker is told once; the next hold of the order is another', async () => {
  await world.receive();
  const id = String((await world.intent())['id']);
  await holdByPerson(world.ledger, id, BY);
  const [first, second] = await Promise.all([take(), take()]);
  expect([first, second].filter((each) => each !== null)).toEqual([
    expect.objectContaining({ orderId: 1, copy: 1, reason: 'person', detail: BY.reason }),
  ]);
  expect(await take()).toBeNull();
  await releaseHeld(world.ledger, id, BY);
  expect(await take()).toBeNull();
  await holdByPerson(world.ledger, id, BY);
  expect(await take()).toMatchObject({ orderId: 1 });
});

test('one that was surely not made comes again', async () => {
  await world.receive();
  await holdByPerson(world.ledger, String((await world.intent())['id']), BY);
  const held = await take();
  if (held === null) throw new Error('nothing is held');
  await giveHeldNoteBack(world.ledger, held);
  expect(await take()).toEqual(held);
});

test('none of orders from before the relay, of an id that is another order’s by now, and in shadow', async () => {
  await world.receive({ orderId: 1 }, { beforeLive: true });
  expect(await world.intent(1)).toMatchObject({ state: 'held', reason: 'before-go-live' });
  await world.receive({ orderId: 2 });
  await holdByPerson(world.ledger, String((await world.intent(2))['id']), BY);
  await world.ledger.pool.query('update shop_order set identity_changed_at = now() where order_id = 2');
  expect(await take()).toBeNull();
  await world.ledger.pool.query(`update shop_order set identity_changed_at = null; update shop set mode = 'shadow'`);
  expect(await take()).toBeNull();
});

test('that HFT71 has it is said once for each id', async () => {
  await recordAccepted(world.ledger, await world.claimed(1), {
    ...{ httpStatus: 201, errorCode: null, left: true, hft71OrderId: 'H1' },
  });
  const sent = { shopId: 'main', orderId: 1, copy: 1, hft71OrderId: 'H1' };
  const answers = await Promise.all([willNoteSent(world.ledger, sent), willNoteSent(world.ledger, sent)]);
  expect(answers.toSorted()).toEqual([false, true]);
  expect(await willNoteSent(world.ledger, { ...sent, hft71OrderId: 'H2' })).toBe(false); // it has another by now
});
