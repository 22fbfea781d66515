import { waitFor } from '@relay/testing';
import type { Scenario } from '../run/scenario.js';
import type { Installation } from '../world/installation.js';
import { mostPostsOfOne } from '../world/figures.js';

const SETTLE_MS = 8_000;
const ANSWER_TIMEOUT_MS = 2_000;

export const lateAccept: Scenario = {
  name: 'late-accept',
  what: 'HFT71 accepts orders 0.9 × settle after the client gave up, while a person is quick to say "not there"',
  async run({ size, marks, openWorld, say }) {
    const world = await openWorld({ settings: { HFT71_SETTLE: `${SETTLE_MS}ms` } });
    const { relay, sandbox } = world;
    await relay.startLive(2);
    await sandbox.faultOnSend({ kind: 'accept-late', delayMs: ANSWER_TIMEOUT_MS + 0.9 * SETTLE_MS, share: 0.5 });
    const orderIds = await sandbox.order({ count: size(12, 100) });
    const isOpen = async () => {
      const states = await relay.states(orderIds);
      return states.every((state) => /^(written_back|held: in-doubt)$/.test(state));
    };

    // A person is quick: looks at HFT71 as soon as a doubt is listed, finds nothing yet, and says so.
    const early = new Map<number, boolean>();
    await waitFor(
      async () => {
        for (const orderId of await freshDoubts(relay)) {
          if (early.has(orderId) || (await sandbox.acceptedOf(orderId)).length > 0) continue;
          early.set(orderId, (await relay.resolveAsAbsent(orderId)).code === 0);
        }
        return isOpen();
      },
      { what: 'every order to be sent or in doubt', timeoutMs: size(60_000, 300_000), intervalMs: 100 },
    );
    say(`${early.size} times a person said "not there" too early`);

    // Once settle is over the person looks again, and finds every one of them.
    const { inDoubt } = await relay.listed();
    for (const orderId of inDoubt) {
      const [atHft71] = await waitFor(
        async () => {
          const found = await sandbox.acceptedOf(orderId);
          return found.length > 0 && found;
        },
        { what: `HFT71 to accept order ${orderId} late`, timeoutMs: 30_000 },
      );
      await relay.mustRelay(
        ...['orders', 'resolve', String(orderId), '--exists', String(atHft71?.hft71OrderId)],
        ...['--attempt', (await relay.tokenOf(orderId)) ?? 'none', '--reason', 'found it at HFT71'],
      );
    }
    await relay.settled(orderIds, 30_000);

    marks.atLeast('saidTooEarly', early.size, 1);
    marks.equal('takenTooEarly', [...early.values()].filter(Boolean).length, 0);
    marks.equal('mostPostsOfOne', mostPostsOfOne(world.record()), 1);
    marks.equal('states', [...new Set(await relay.states(orderIds))].join(', '), 'written_back');
  },
};

/** Young enough that the person's word comes well before settle is over, however slow the machine is. */
async function freshDoubts(relay: Installation): Promise<number[]> {
  const rows = await relay.rows(
    `select order_id::int as id from intent where state = 'held' and reason = 'in-doubt'
     and doubt_since > now() - $1::bigint * interval '1 millisecond' order by doubt_since desc limit 1`,
    [SETTLE_MS / 4],
  );
  return rows.map((row) => Number(row['id']));
}
