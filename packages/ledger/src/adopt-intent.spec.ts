import { adoptIntent } from './move-intent.js';
import { startLedgerWorld, type LedgerWorld } from './testing-world.js';

let world: LedgerWorld;
beforeAll(async () => {
  world = await startLedgerWorld();
});
afterAll(() => world.close());

test.each([
  ['before-go-live', 'adopted'],
  ['in-doubt', 'adopted'],
  // Two orders may exist at HFT71: an id in the shop settles nothing, a person looks.
  ['conflict', 'not-adoptable'],
])('an order held as %s that shows an id in the shop is %s', async (reason, kind) => {
  const orderId = reason.length;
  await world.receive({ orderId });
  const { id } = await world.intent(orderId);
  await world.ledger.pool.query(
    `update intent set state = 'held', reason = $2, doubt_since = case when $2 <> 'before-go-live' then now() end where id = $1`,
    [id, reason],
  );
  expect((await adoptIntent(world.ledger, String(id), `9${orderId}`, false)).kind).toBe(kind);
});
