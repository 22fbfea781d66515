import { heldOrders } from '@relay/ledger';
import type { Playing } from './playing.js';

const SECOND = 1_000;
/** One lease of everything, then settle, then the two reads of a sure absence; and again. */
const STEPS_MS = [61 * SECOND, 631 * SECOND, 61 * SECOND, 61 * SECOND];
/** A day and a half: nothing that heals waits longer than half an hour. */
const MOST_TURNS = 200;

/**
 * From here on everything is well: HFT71 and the shop answer, who stood still goes on, time passes, every timer and every job
 * runs, and a person says what is true of each held order. @throws when it never comes to rest.
 */
export async function comeToRest(playing: Playing): Promise<void> {
  const { relay, clock, hft71, shop } = playing;
  playing.lines.push('- all is well from here on');
  hft71.heal();
  shop.putFaults.length = 0;
  await playing.resumeAll();
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    clock.pass(STEPS_MS[turn % STEPS_MS.length] as number);
    if (turn % STEPS_MS.length === 0) {
      await playing.run('a sweep', null, (run) => relay.sweep(run, 'changes'));
      await playing.run('a level sweep', null, (run) => relay.sweep(run, 'level'));
      await playing.readFeed(); // a restored ledger has an older one
    }
    await playing.run('housekeeping', null, (run) => relay.keepHouse(run));
    await playing.run('settling', null, (run) => relay.settle(run));
    await playing.run('probing', null, (run) => relay.probe(run));
    while ((await playing.runAllJobs()) > 0); // what was sent is to be written back
    await playing.closeStoppedAccount();
    let resolved = 0;
    for (const held of await heldOrders(playing.database.ledger)) if (await playing.resolve(held, null)) resolved += 1;
    if (resolved === 0 && (await isAtRest(playing))) return;
  }
  throw new Error('it never came to rest');
}

/** Nothing moves by itself any more, and nothing that is held waits for settle alone. */
async function isAtRest({ database }: Playing): Promise<boolean> {
  const { rows } = await database.ledger.pool.query(
    `select 1 from intent where state in ('waiting', 'ready', 'sending', 'in_doubt')
       or state = 'held' and settle_until > now() limit 1`,
  );
  return rows.length === 0;
}
