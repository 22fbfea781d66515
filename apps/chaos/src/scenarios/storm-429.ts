import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@relay/testing';
import { z } from 'zod';
import type { Scenario, Stage } from '../run/scenario.js';
import { notWrittenBack } from '../world/figures.js';
import type { World } from '../world/world.js';

/** How HFT71 says when to come again, the absurd ways too. */
const FORMS = ['seconds', 'http-date', 'absent', 'negative', 'ten-years'] as const;
type Form = (typeof FORMS)[number];

/** `HFT71_MAX_IN_FLIGHT`, and the three more that the mark grants. */
const EARLY_429S = 6 + 3;

interface Limit {
  readonly calls: number;
  readonly windowMs: number;
}

/**
 * HFT71's limit is cut in the middle of a drain and comes back. The relay finds the new limit with a few 429s, tries a
 * little more once in each `RELAY_RAISE_EVERY`, and is back at the old rate after the limit's return.
 */
export const storm429: Scenario = {
  name: 'storm-429',
  what: 'the limit is cut by a factor of 2 to 20 and comes back, with each form of Retry-After',
  alone: 'full',
  expectsRefusals: true,
  limitSeconds: { quick: 150, full: 1_500 },
  async run(stage) {
    const { size, random, marks, openWorld } = stage;
    const limit: Limit = { calls: size(20, 50), windowMs: size(2_000, 2_500) };
    const settings = {
      RELAY_RAISE_EVERY: `${limit.windowMs}ms`,
      RELAY_MAX_FREEZE: `${limit.windowMs}ms`, // of ten years
      RELAY_SWEEP_INTERVAL: '2s',
    };
    const world = await openWorld({ rate: textOf(limit), settings });
    await world.relay.startLive(2);
    const forms = stage.full ? FORMS : [random.pick(FORMS)];
    for (const form of forms) await playStorm(world, stage, limit, form);

    // At the old rate again, by HFT71's own record and not by what the relay believes.
    const startedAt = Date.now();
    const orderIds = await world.sandbox.order({ count: limit.calls * 3 });
    await world.relay.settled(orderIds, 60_000);
    marks.atLeast('bestWindowAfterwards', bestWindow(world, limit, startedAt), Math.floor(limit.calls * 0.9));
    marks.equal('notWrittenBack', await notWrittenBack(world), 0);
  },
};

async function playStorm(world: World, { random, marks, size, say }: Stage, limit: Limit, form: Form): Promise<void> {
  const { sandbox, relay } = world;
  const factor = random.whole(2, size(6, 20));
  const cut: Limit = { ...limit, calls: Math.max(1, Math.floor(limit.calls / factor)) };
  const orderIds = await sandbox.order({ count: limit.calls * 5 });
  const before = (await sandbox.acceptedOrders()).length;
  await waitFor(async () => (await sandbox.acceptedOrders()).length >= before + limit.calls, {
    what: 'a window of orders at the old rate',
    timeoutMs: 60_000,
  });
  await sleep(random.whole(0, limit.windowMs));
  await sandbox.setHft71({ rateLimit: textOf(cut), retryAfterForm: form });
  const cutAt = Date.now();
  await sleep(limit.windowMs * size(8, 10));
  await sandbox.setHft71({ rateLimit: textOf(limit) });
  const returnedAt = Date.now();
  say(`${form}: the limit was cut by ${factor}, and is back`);

  const longest = secondsToClimb(cut, limit);
  await waitFor(async () => (await budgetOf(world)).rate === limit.calls, {
    what: `the old rate after ${form}`,
    timeoutMs: longest * 1_000,
    intervalMs: 500,
  }).catch(() => undefined); // the mark tells
  const { rate } = await budgetOf(world);
  await relay.settled(orderIds, 60_000);

  const refusedAt = world
    .record()
    .requests.filter(({ target, status, at }) => target === 'hft71' && status === 429 && at >= cutAt)
    .map(({ at }) => at);
  const early = refusedAt.filter((at) => at <= cutAt + 2 * limit.windowMs).length;
  const late = refusedAt.length - early;
  const raises = Math.floor((returnedAt - cutAt - 2 * limit.windowMs) / limit.windowMs) + 1;
  marks.atLeast(`${form}: 429s`, refusedAt.length, 1);
  marks.atMost(`${form}: 429s until two windows after the cut`, early, EARLY_429S);
  marks.atMost(`${form}: 429s afterwards, one a raise`, late, raises);
  marks.equal(`${form}: rate after the return`, rate, limit.calls);
}

/** A raise is a tenth, at least one call, once a window; half as long again for a busy machine. */
function secondsToClimb(from: Limit, to: Limit): number {
  let raises = 0;
  for (let calls = 1; calls < to.calls; calls = Math.max(calls + 1, Math.floor(calls * 1.1))) raises += 1;
  return ((raises + 2) * from.windowMs * 1.5) / 1000 + 10;
}

async function budgetOf({ relay }: World): Promise<{ rate: number }> {
  const said: unknown = JSON.parse(await relay.mustRelay('budget', '--json'));
  const { current } = z.looseObject({ current: z.looseObject({ calls: z.number() }) }).parse(said);
  return { rate: current.calls };
}

/** The most orders that HFT71 accepted in one window of its limit. */
function bestWindow(world: World, { windowMs }: Limit, from: number): number {
  const times = world
    .record()
    .accepted.map(({ at }) => at)
    .filter((at) => at >= from)
    .sort((a, b) => a - b);
  return Math.max(0, ...times.map((at) => times.filter((other) => other >= at && other < at + windowMs).length));
}

function textOf({ calls, windowMs }: Limit): string {
  return `${calls}/${windowMs}ms`;
}
