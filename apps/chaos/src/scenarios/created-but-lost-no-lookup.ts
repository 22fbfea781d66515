import type { Scenario } from '../run/scenario.js';
import { mostPostsOfOne } from '../world/figures.js';
import type { World } from '../world/world.js';
import { postsIn } from '../world/record.js';

const VISIBLE_WITHIN_SECONDS = 60;
/** `HFT71_ANSWER_TIMEOUT` of `SHORT_TIMES`: the doubt arises when the answer has not come by then. */
const ANSWER_TIMEOUT_SECONDS = 2;

export const createdButLostNoLookup: Scenario = {
  name: 'created-but-lost-no-lookup',
  what: '30 % of the orders are accepted and never answered, 10 % accepted and answered 502; nothing can be looked up',
  async run({ size, marks, openWorld, say }) {
    const world = await openWorld();
    const { relay, sandbox } = world;
    await relay.startLive(2);
    await sandbox.faultOnSend({ kind: 'accept-then-hang', share: 0.3 });
    await sandbox.faultOnSend({ kind: 'accept-then-status', status: 502, share: 0.1 / 0.7 });
    const orderIds = await sandbox.order({ count: size(40, 300), spreadMs: size(4_000, 30_000) });
    await relay.settled(orderIds, size(60_000, 600_000));

    const lost = lostAnswers(world);
    say(`${lost.size} of ${orderIds.length} answers were lost`);
    const { inDoubt } = await relay.listed();
    marks.atLeast('lostAnswers', lost.size, Math.floor(orderIds.length * 0.2));
    marks.equal('doubtsAboutThem', [...lost.keys()].filter((id) => inDoubt.has(id)).length, lost.size);
    marks.equal('otherDoubts', [...inDoubt].filter((id) => !lost.has(id)).length, 0);
    marks.equal('mostPostsOfOne', mostPostsOfOne(world.record()), 1);
    marks.equal('shownByTheCommand', await shownAsHeld(world, orderIds.length), lost.size);
    marks.atMost('secondsUntilVisible', await longestUntilHeld(world, lost), VISIBLE_WITHIN_SECONDS);
  },
};

/** Orders whose POST met a fault, and when it reached HFT71. */
function lostAnswers(world: World): Map<number, number> {
  return new Map(
    postsIn(world.record())
      .filter(({ fault }) => fault !== null)
      .map(({ at, reference }) => [Number(reference), at]),
  );
}

async function shownAsHeld(world: World, limit: number): Promise<number> {
  const said = await world.relay.mustRelay('orders', 'held', '--json', '--limit', String(limit));
  const { held } = JSON.parse(said) as { held: { reason: string }[] };
  return held.filter(({ reason }) => reason === 'in-doubt').length;
}

/** From the moment in which the doubt arose to the one in which the order stood on the held list. */
async function longestUntilHeld(world: World, lost: ReadonlyMap<number, number>): Promise<number> {
  const rows = await world.relay.rows(
    `select order_id::int as id, extract(epoch from state_since)::float8 * 1000 as at from intent
     where kind = 'send_order' and state = 'held' and order_id = any($1::bigint[])`,
    [[...lost.keys()]],
  );
  if (rows.length < lost.size) return Infinity;
  const seconds = rows.map((row) => (Number(row['at']) - (lost.get(Number(row['id'])) ?? 0)) / 1000);
  return Math.max(0, ...seconds) - ANSWER_TIMEOUT_SECONDS;
}
