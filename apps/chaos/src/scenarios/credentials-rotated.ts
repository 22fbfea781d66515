import { waitFor } from '@relay/testing';
import type { Scenario } from '../run/scenario.js';
import { breakerMoves } from '../world/breaker-log.js';
import { doubted } from '../world/sending-figures.js';
import type { World } from '../world/world.js';

const NEW_PASSWORD = 'rotated-in-mid-drain';
/** Enough for a fourth log-in, if one were to come. */
const PROBES_WAITED_FOR = 6;
const PROBE_MAX_SECONDS = 1;

export const credentialsRotated: Scenario = {
  name: 'credentials-rotated',
  what: 'HFT71 takes another password in the middle of a drain, and all tokens are dead; a person tells it while the workers run',
  alone: 'full',
  async run({ size, marks, openWorld, say }) {
    const count = size(60, 600);
    const world = await openWorld({
      rate: `${size(50, 200)}/10s`,
      settings: { RELAY_BREAKER_PROBE: '500ms', RELAY_BREAKER_PROBE_MAX: `${PROBE_MAX_SECONDS}s` },
    });
    const { relay, sandbox } = world;
    const workers = await relay.startLive(3);
    const orderIds = await sandbox.order({ count });
    await waitFor(async () => (await sandbox.acceptedOrders()).length >= count / 6, {
      what: 'the drain to be under way',
      timeoutMs: 60_000,
      intervalMs: 20,
    });

    await sandbox.setHft71({ password: NEW_PASSWORD });
    await sandbox.fault({ target: 'hft71', kind: 'expire-tokens' });
    const rotatedAt = Date.now();
    await waitFor(async () => (await probesSince(world)) >= PROBES_WAITED_FOR, {
      what: 'the breaker to be open, and probed',
      timeoutMs: 60_000,
      intervalMs: 100,
    });
    // Who starts now must not begin to count anew.
    workers.push(await relay.startWorker());
    const opened = (await breakerMoves(relay)).find(({ at, state }) => at > rotatedAt && state === 'open');
    const sentBefore = (await sandbox.acceptedOrders()).length;
    say(`${sentBefore} of ${count} are sent, then the breaker opened: ${opened?.owner ?? 'it did not'}`);

    const toldAt = Date.now();
    const told = await relay.relayReading(`${NEW_PASSWORD}\n`, 'account', 'password', '--password-stdin');
    await relay.settled(orderIds, size(60_000, 240_000));

    const { accepted } = world.record();
    const resumedAt = Math.min(...accepted.map(({ at }) => at).filter((at) => at > toldAt));
    marks.equal('openedBy', opened?.owner ?? 'nobody', 'unauthorized');
    marks.atLeast('logInsWithBadSecret', badLogIns(world, rotatedAt), 1);
    marks.atMost('mostLogInsWithBadSecret', badLogIns(world, rotatedAt), 3);
    marks.equal('toldByTheCommand', told.code, 0);
    marks.atMost('secondsUntilResumed', (resumedAt - toldAt) / 1000, PROBE_MAX_SECONDS + 10);
    marks.equal('workersThatEnded', await ended(workers), 0);
    marks.equal('doubts', (await doubted(relay)).size, 0);
    marks.equal('states', [...new Set(await relay.states(orderIds))].join(', '), 'written_back');
  },
};

async function probesSince({ relay }: World): Promise<number> {
  const [row] = await relay.rows(
    `select case when breaker_state = 'open' then probes else 0 end as probes from account`,
  );
  return Number(row?.['probes']);
}

function badLogIns(world: World, sinceMs: number): number {
  return world
    .record()
    .requests.filter(({ at, path, status }) => path === '/authentication/login' && status === 401 && at >= sinceMs)
    .length;
}

async function ended(workers: readonly { ended: Promise<unknown> }[]): Promise<number> {
  const running = Symbol('running');
  const ends = await Promise.all(workers.map((worker) => Promise.race([worker.ended, Promise.resolve(running)])));
  return ends.filter((end) => end !== running).length;
}
