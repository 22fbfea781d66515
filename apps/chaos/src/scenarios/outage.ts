import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor, type Sandbox } from '@relay/testing';
import type { Scenario, Stage } from '../run/scenario.js';
import { breakerMoves, reopenings, type BreakerMove } from '../world/breaker-log.js';
import { doubted, pickUpsPerSentOrder, sentWhileOpen } from '../world/sending-figures.js';
import type { World } from '../world/world.js';

/** Two hours become a minute and a half: the waits of the breaker, 1 to 30 min, shrink alike. Probes stay as dense as they can. */
const OUTAGE_SETTINGS = {
  RELAY_BREAKER_PROBE: '500ms',
  RELAY_BREAKER_PROBE_MAX: '1s',
  RELAY_BREAKER_REOPEN: '1s',
  RELAY_BREAKER_REOPEN_MAX: '30s',
  // Nothing here loses a job: one that only waits on a busy machine must not count as two pick-ups.
  RELAY_DISPATCH_LEASE: '30s',
};
const SEND_BY_MS = 1_000; // RELAY_SEND_BY of `SHORT_TIMES`

/** Orders go on arriving; a tenth of them comes before the outage, so that HFT71 is at work when it fails. */
const BEFORE_SHARE = 0.1;
const WORKERS = 2;

interface Outage {
  readonly name: string;
  readonly what: string;
  /** Lets HFT71 fail, and resolves when that has lasted so long; the faults are taken back by the scenario. */
  readonly fail: (sandbox: Sandbox, lastsMs: number) => Promise<void>;
  /** The probe is answered all the time: only an order that is accepted tells that the outage is over. */
  readonly isPostOnly?: boolean;
}

export function outage({ name, what, fail, isPostOnly = false }: Outage): Scenario {
  return {
    name,
    what,
    alone: 'full', // it measures a drain against its limit
    async run(stage) {
      const count = stage.size(120, 2_000);
      const lastsMs = stage.size(15_000, 90_000);
      const rate = { calls: stage.size(100, 200), windowMs: 10_000 };
      const world = await stage.openWorld({
        rate: `${rate.calls}/${rate.windowMs / 1000}s`,
        settings: OUTAGE_SETTINGS,
      });
      const { relay, sandbox } = world;
      await relay.startLive(WORKERS);
      const arriving = sandbox.order({ count, spreadMs: lastsMs / (1 - BEFORE_SHARE) });
      arriving.catch(() => undefined); // awaited below
      await waitFor(async () => (await sandbox.acceptedOrders()).length >= count * BEFORE_SHARE * 0.5, {
        what: 'the first orders to be accepted',
        timeoutMs: 60_000,
      });

      await fail(sandbox, lastsMs);
      const orderIds = await arriving;
      await sandbox.clearFaults();
      const endedAt = Date.now();
      stage.say(`over after ${lastsMs / 1000} s: ${(await sandbox.acceptedOrders()).length} of ${count} are sent`);
      await relay.settled(orderIds, (count / rate.calls) * rate.windowMs * 2 + 60_000);
      await judgeOutage(world, stage, {
        endedAt,
        isPostOnly,
        floorSeconds: ((count / rate.calls) * rate.windowMs) / 1000,
      });
    },
  };
}

async function judgeOutage(
  world: World,
  { marks, say }: Stage,
  { endedAt, isPostOnly, floorSeconds }: { endedAt: number; isPostOnly: boolean; floorSeconds: number },
): Promise<void> {
  const { relay } = world;
  const moves = await breakerMoves(relay);
  const doubts = await doubted(relay);
  const unsent = await relay.rows(
    `select 1 from intent where kind = 'send_order' and state <> 'written_back' and not order_id = any($1::bigint[])`,
    [[...doubts]],
  );
  const accepted = world.record().accepted.map(({ at, referenceId }) => ({ at, id: Number(referenceId) }));
  const after = accepted.map(({ at }) => at).filter((at) => at > endedAt);
  const startsAt = isPostOnly ? Math.min(...after) : firstGoodProbe(moves, endedAt);
  const lastAt = Math.max(...accepted.filter(({ id }) => !doubts.has(id)).map(({ at }) => at));
  say(`${doubts.size} doubts, ${reopenings(moves)} re-openings`);

  marks.atLeast('sentAfterwards', after.length, 1);
  marks.atMost('doubts', doubts.size, isPostOnly ? 9 + reopenings(moves) : 10);
  if (isPostOnly) marks.atLeast('reopenings', reopenings(moves), 2);
  marks.equal('sentWhileOpen', await sentWhileOpen(world, moves, SEND_BY_MS), 0);
  marks.equal('unsentWithoutDoubt', unsent.length, 0);
  marks.atMost('secondsToSendAll', (lastAt - startsAt) / 1000, 1.1 * floorSeconds + 30);
  marks.atMost('pickUpsPerSentOrder', await pickUpsPerSentOrder(relay), 1.2);
}

/** Nobody was there to answer one while the outage lasted. */
function firstGoodProbe(moves: readonly BreakerMove[], endedAt: number): number {
  return moves.find(({ at, state }) => state === 'half_open' && at > endedAt)?.at ?? NaN;
}

/** For outages in which nothing changes. */
export async function failWith(sandbox: Sandbox, fault: Record<string, unknown>, lastsMs: number): Promise<void> {
  await sandbox.fault({ target: 'hft71', ...fault });
  await sleep(lastsMs);
}
