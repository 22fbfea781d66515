import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { parseRetryAfterMs } from '@relay/core';
import { createTestRedis, waitFor, type TestRedis } from '@relay/testing';
import { createBudget, type Budget } from './index.js';

const PROVIDER_WINDOW_MS = 400;
/** Longer than the provider's: a loaded machine may hold a call back between its slot and its arrival. */
const RATE = { calls: 12, windowMs: PROVIDER_WINDOW_MS + 100 };
const WORKERS = 4;
const ANSWER_MS = 15;
const LONGEST_FREEZE_MS = 700;

type RetryAfterForm = 'seconds' | 'date' | 'absent' | 'negative' | 'ten-years';
const FORMS: readonly RetryAfterForm[] = ['seconds', 'date', 'absent', 'negative', 'ten-years'];

let server: TestRedis;
let redis: Redis;

beforeAll(async () => {
  server = await createTestRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.close();
});

/** The strictest that providers run: a sliding window in which refused calls count like the others. */
class Provider {
  readonly accepted: number[] = [];
  readonly refused: number[] = [];
  #arrivals: number[] = [];
  inFlight = 0;
  mostInFlight = 0;

  constructor(
    readonly form: RetryAfterForm,
    public limit = RATE.calls,
  ) {}

  /** @returns null when it accepts, else the headers of its 429. */
  async call(): Promise<Record<string, string> | null> {
    const now = performance.now();
    this.#arrivals = [...this.#arrivals.filter((at) => at > now - PROVIDER_WINDOW_MS), now];
    const isAccepted = this.#arrivals.length <= this.limit;
    (isAccepted ? this.accepted : this.refused).push(now);
    const leaving = this.#arrivals[this.#arrivals.length - 1 - this.limit] ?? now;
    const headers = isAccepted ? null : this.#headers(leaving + PROVIDER_WINDOW_MS - now);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    await sleep(ANSWER_MS);
    this.inFlight -= 1;
    return headers;
  }

  #headers(waitMs: number): Record<string, string> {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    // Its clock is an hour fast: only its own Date makes sense of its Retry-After.
    const theirNow = Date.now() + 3_600_000;
    switch (this.form) {
      case 'seconds':
        return { 'retry-after': String(seconds) };
      case 'date':
        return {
          date: new Date(theirNow).toUTCString(),
          'retry-after': new Date(theirNow + seconds * 1000).toUTCString(),
        };
      case 'absent':
        return {};
      case 'negative':
        return { 'retry-after': '-5' };
      case 'ten-years':
        return { 'retry-after': String(10 * 365 * 24 * 3600) };
    }
  }
}

/** A hand-off as the budget sees it: a slot, some preparation, the slot moved to now, the call. */
async function handOff(budget: Budget, provider: Provider, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const taken = await budget.takeOrWait('send', 200);
    if (!taken.granted) {
      await sleep(Math.min(taken.waitMs, 50));
      continue;
    }
    await sleep(Math.random() * 10);
    if (!(await budget.moveToNow(taken.slot, 'send')).granted) continue;
    const refusal = await provider.call();
    if (refusal !== null) await budget.throttled(parseRetryAfterMs(refusal), taken.slot);
  }
}

/** Looks at the rate all the time; every rise is a raise. */
async function countRaises(budget: Budget, raises: number[], stop: AbortSignal): Promise<void> {
  let last = RATE.calls;
  while (!stop.aborted) {
    const { current } = await budget.state();
    if (current.calls > last) raises.push(performance.now());
    last = current.calls;
    await sleep(10);
  }
}

interface Storm {
  readonly form: RetryAfterForm;
  readonly factor: number;
  readonly quietMs: number;
}

const during = (times: readonly number[], from: number, to: number) => times.filter((at) => at >= from && at < to);

async function run(storm: Storm, key: string) {
  const provider = new Provider(storm.form);
  const make = () =>
    createBudget({ redis, key, rate: RATE, longestFreezeMs: LONGEST_FREEZE_MS, raiseEveryMs: RATE.windowMs });
  const watched = make();
  const stop = new AbortController();
  const raises: number[] = [];
  const work = [
    ...Array.from({ length: WORKERS }, () => handOff(make(), provider, stop.signal)),
    countRaises(watched, raises, stop.signal),
  ];
  const isBack = async () => (await watched.state()).nextRaiseInMs === null;

  await sleep(2 * RATE.windowMs + storm.quietMs); // a load that runs, not a wait for something
  const refusedBefore = provider.refused.length;
  provider.limit = Math.max(1, Math.floor(RATE.calls / storm.factor));
  const cutAt = performance.now();
  await sleep(8 * RATE.windowMs);
  provider.limit = RATE.calls;
  const returnedAt = performance.now();
  await waitFor(isBack, { what: 'the old rate', timeoutMs: 25_000 });
  const backAt = performance.now();
  // On a busy machine the callers themselves are slow for a while.
  const acceptedLately = () =>
    during(provider.accepted, Math.max(backAt, performance.now() - 2 * RATE.windowMs), Infinity).length;
  await waitFor(() => acceptedLately() >= 1.5 * RATE.calls, { what: 'the old rate to be used', timeoutMs: 15_000 });
  stop.abort();
  await Promise.all(work);

  // Two windows in which calls were possible at all: a freeze without a believable end is longer than they are.
  const settledAt = cutAt + LONGEST_FREEZE_MS + 2 * RATE.windowMs;
  return {
    ...storm,
    refusedBefore,
    mostInFlight: provider.mostInFlight,
    refusedUntilSettled: during(provider.refused, cutAt, settledAt).length,
    mostARaise: mostPerRaise(during(provider.refused, settledAt, returnedAt), raises),
    refusedAfterReturn: during(provider.refused, returnedAt + RATE.windowMs, Infinity).length,
    secondsToOldRate: (backAt - returnedAt) / 1000,
  };
}

/** The most refusals between a raise and the next. */
function mostPerRaise(refused: readonly number[], raises: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const at of refused) {
    const raisesBefore = raises.filter((raise) => raise <= at).length;
    counts.set(raisesBefore, (counts.get(raisesBefore) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

describe('a limit that is cut and comes back', () => {
  it('costs few 429s, one a raise, and the old rate returns', async () => {
    const factors = fc.record({ factor: fc.integer({ min: 2, max: 20 }), quietMs: fc.nat(RATE.windowMs) });
    const drawn = fc.sample(factors, 2 * FORMS.length);
    const storms = drawn.map((each, index) => ({ ...each, form: FORMS[index % FORMS.length] as RetryAfterForm }));
    const ends = await Promise.all(storms.map((storm, index) => run(storm, `storm-${index}`)));
    for (const end of ends) {
      const judged = {
        ...end,
        fewAtFirst: end.refusedUntilSettled <= end.mostInFlight + 3,
        atMostOneARaise: end.mostARaise <= 1,
      };
      expect(judged).toMatchObject({
        ...{ fewAtFirst: true, atMostOneARaise: true, refusedBefore: 0, refusedAfterReturn: 0 },
      });
      expect(end.refusedUntilSettled).toBeGreaterThan(0); // else it was no storm
    }
  }, 60_000);
});
