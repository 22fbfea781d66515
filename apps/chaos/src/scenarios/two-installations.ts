import { waitFor } from '@relay/testing';
import type { Scenario } from '../run/scenario.js';
import { mostPostsOfOne, notWrittenBack } from '../world/figures.js';
import type { Installation } from '../world/installation.js';

/** `HFT71_MAX_IN_FLIGHT`: so many attempts are under way when the first of them stops the account. */
const MAX_IN_FLIGHT = 6;
/** By its marker, or by an id that it wrote back. */
const SIGNS = ['another installation is sending', 'another sender'];

/**
 * A laptop with the real settings. It wakes while the first relay has orders on their way, finds its markers, and stops;
 * what it marked itself meanwhile stops the first one as well. Then it is switched off, and a person lets the first one go
 * on. (That both read one order in the same tenth of a second, before either has marked it, is not this story: the first
 * relay's calls last longer than the intruder needs.)
 */
export const twoInstallations: Scenario = {
  name: 'two-installations',
  what: 'a second relay with its own ledger is live on the same shop: the account stops at the first order that shows it',
  async run({ size, marks, openWorld, say }) {
    const settings = { HFT71_ANSWER_TIMEOUT: '8s', RELAY_LEASE: '15s', RELAY_DISPATCH_LEASE: '15s' };
    const world = await openWorld({ settings });
    const { relay: first, sandbox } = world;
    await first.startLive(2);
    const second = await world.install();
    const [intruder] = await second.startLive(1);
    const pid = intruder?.pid ?? 0;

    await sandbox.faultOnSend({ kind: 'latency', delayMs: 4_000 });
    process.kill(pid, 'SIGSTOP');
    const orderIds = await sandbox.order({ count: size(18, 60) });
    await waitFor(async () => (await sending(first)) === MAX_IN_FLIGHT, {
      what: 'the first relay to have all its orders on their way',
      timeoutMs: 30_000,
    });
    process.kill(pid, 'SIGCONT');
    await waitFor(async () => (await stopped(first)) + (await stopped(second)) > 0, {
      what: 'one of the relays to stop its account',
      timeoutMs: 40_000,
    });
    say('an account is stopped: the second relay is switched off when what it has on its way has ended');
    await waitFor(async () => (await sending(second)) === 0 && (await unmirrored(second)) === 0, {
      what: 'the calls of the second relay to end',
      timeoutMs: 40_000,
    });
    await intruder?.kill('SIGTERM');
    const doubts = await doubtsByMarker(second);

    // What the intruder marked and did not send keeps its doubt; everything else goes once a person lets it.
    await waitFor(
      async () => {
        if ((await stopped(first)) > 0)
          await first.mustRelay('breaker', 'close', '--reason', 'the laptop is off', '--yes');
        return first.settled(orderIds, 2_000);
      },
      { what: 'the first relay to come to an end', timeoutMs: size(60_000, 300_000) },
    );

    const alerts = [...(await everAlerted(first)), ...(await everAlerted(second))];
    marks.atLeast('severeAlerts', alerts.filter((kind) => SIGNS.includes(kind)).length, 1);
    marks.equal('otherAlerts', alerts.filter((kind) => !SIGNS.includes(kind)).join(), '');
    marks.equal('stoppedByIt', await stopped(second), 1);
    marks.atLeast('ordersThatShowedIt', doubts, 1);
    // Each stops by what it sees itself, when it looks at its next order: that is a round of calls later. What the second
    // sends when the first has stopped is sent once.
    const before = await claimsBefore(second, await firstStop(first, second));
    marks.atMost('claimsOfTheSecondBeforeAStop', before, 2 * MAX_IN_FLIGHT);
    marks.equal('mostPostsOfOne', mostPostsOfOne(world.record()), 1);
    marks.equal('notWrittenBack', await notWrittenBack(world), 0);
  },
};

async function sending(relay: Installation): Promise<number> {
  return count(relay, `select count(*)::int as count from intent where state = 'sending'`);
}

async function unmirrored(relay: Installation): Promise<number> {
  return count(relay, `select count(*)::int as count from intent where state = 'sent' and kind = 'send_order'`);
}

async function stopped(relay: Installation): Promise<number> {
  return count(
    relay,
    `select count(*)::int as count from account where breaker_state = 'open' and breaker_owner = 'relay'`,
  );
}

async function doubtsByMarker(relay: Installation): Promise<number> {
  return count(relay, `select count(*)::int as count from intent where last_failure = 'another-installation'`);
}

/** By the clock of the one PostgreSQL that both ledgers are on. */
async function firstStop(...relays: readonly Installation[]): Promise<Date> {
  const stops = await Promise.all(
    relays.map((relay) => relay.rows(`select min(at) as at from chaos_breaker where owner = 'relay'`)),
  );
  const times = stops.flatMap(([row]) => (row?.['at'] instanceof Date ? [row['at'].getTime()] : []));
  return new Date(Math.min(...times));
}

async function claimsBefore(relay: Installation, at: Date): Promise<number> {
  const [row] = await relay.rows('select count(*)::int as count from attempt where claimed_at < $1', [at]);
  return Number(row?.['count']);
}

/** SEV-1 alone: this is what somebody is woken for. */
async function everAlerted(relay: Installation): Promise<string[]> {
  return (await relay.rows('select distinct kind from alert where severity = 1')).map((row) => String(row['kind']));
}

async function count(relay: Installation, sql: string): Promise<number> {
  return Number((await relay.rows(sql))[0]?.['count']);
}
