import type { Scenario } from '../run/scenario.js';
import { mostPostsOfOne } from '../world/figures.js';
import { doubted } from '../world/sending-figures.js';
import type { World } from '../world/world.js';

/** HFT71 shows an order so long after it has accepted it. Settle has to be longer, whatever else is shortened. */
const LAG_MS = 30_000;
const SETTLE_SECONDS = 35;

export const createdButLost: Scenario = {
  name: 'created-but-lost',
  what: '30 % of the orders are accepted and never answered, 10 % accepted and answered 502; a look-up shows them 30 s later',
  async run({ size, marks, openWorld, say }) {
    const world = await openWorld({
      settings: { HFT71_LOOKUP_PATH: '/order?referenceId={referenceId}', HFT71_SETTLE: `${SETTLE_SECONDS}s` },
    });
    const { relay, sandbox } = world;
    await sandbox.setHft71({ lookup: { enabled: true, lagMs: LAG_MS } });
    await relay.startLive(2);
    // So that a control is old enough as soon as a look-up may prove anything.
    await relay.waitForState(await sandbox.oneOrder(), 'written_back');

    await sandbox.faultOnSend({ kind: 'accept-then-hang', share: 0.3 });
    await sandbox.faultOnSend({ kind: 'accept-then-status', status: 502, share: 0.1 / 0.7 });
    const orderIds = await sandbox.order({ count: size(30, 300), spreadMs: size(10_000, 60_000) });
    await relay.settled(orderIds, size(90_000, 600_000));

    const lost = await doubted(relay);
    say(`${lost.size} of ${orderIds.length} answers were lost`);
    marks.atLeast('lostAnswers', lost.size, Math.floor(orderIds.length * 0.2));
    marks.equal('states', [...new Set(await relay.states(orderIds))].join(', '), 'written_back');
    marks.equal('mostPostsOfOne', mostPostsOfOne(world.record()), 1);
    marks.atMost('secondsUntilSettled', await longestUntilSettled(world), SETTLE_SECONDS + 90);
  },
};

/** From the end of the attempt that was lost to the look-up that found its order; infinite where none did. */
async function longestUntilSettled({ relay }: World): Promise<number> {
  const [row] = await relay.rows(
    `select max(coalesce(extract(epoch from (
       select min(l.started_at) from look_up l where l.intent_id = a.intent_id and l.answer = 'found') - a.ended_at), 'infinity'))::float8 as seconds
     from attempt a where a.outcome = 'in_doubt'`,
  );
  return Number(row?.['seconds']);
}
