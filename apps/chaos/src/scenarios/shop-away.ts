import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario, Stage } from '../run/scenario.js';
import { callsWithoutAttempt, mostPostsOfOne, notWrittenBack } from '../world/figures.js';
import { SecondShop } from '../world/second-shop.js';
import { untilAccepted } from '../world/moving-again.js';

/** One shop's host is away in the middle of a drain, orders go on coming in it, and those of another shop go on. */
export const shopAway: Scenario = {
  name: 'shop-away',
  what: 'the shop refuses every connection for a while, in the middle of a drain',
  run: (stage) => play(stage, { kind: 'refuse' }),
};

export const shopHtml: Scenario = {
  name: 'shop-html',
  playedIn: 'full',
  what: 'the shop answers every call with a page, status 200, for a while: a maintenance mode, or a bot check',
  run: (stage) => play(stage, { kind: 'html-200' }),
};

async function play(stage: Stage, fault: Record<string, unknown>): Promise<void> {
  const { size, marks, openWorld, say } = stage;
  const world = await openWorld();
  const { relay, sandbox } = world;
  const other = await SecondShop.add(world);
  await relay.startLive(2);
  await other.untilLive();
  await sandbox.faultOnSend({ kind: 'latency', delayMs: 300 });
  const before = await sandbox.order({ count: size(30, 200) });
  await untilAccepted(world, before.length / 3);

  const awayMs = size(12_000, 120_000);
  await sandbox.fault({ target: 'shop', ...fault });
  say(`away for ${awayMs / 1000} s`);
  const awayFrom = Date.now();
  const [during, elsewhere] = await Promise.all([
    sandbox.order({ count: size(15, 100), spreadMs: awayMs / 2 }),
    other.sandbox.order({ count: size(15, 100), spreadMs: awayMs / 2 }),
  ]);
  await sleep(Math.max(0, awayFrom + awayMs - Date.now()));
  const sentElsewhere = await other.sandbox.count();
  await sandbox.clearFaults();
  say('the shop is back');
  await relay.settled([...before, ...during], size(90_000, 300_000));

  // The last of them came when half of the time was over.
  marks.equal('sentOfTheOtherShopMeanwhile', sentElsewhere.sent, elsewhere.length);
  const { duplicates, lost } = await other.sandbox.count();
  marks.equal('duplicatesAndLostOfTheOtherShop', duplicates + lost, 0);
  marks.equal('doubts', (await relay.listed()).inDoubt.size, 0);
  marks.equal('held', (await relay.listed()).held.size, 0);
  marks.equal('callsWithoutAttempt', await callsWithoutAttempt(world), 0);
  marks.equal('mostPostsOfOne', mostPostsOfOne(world.record()), 1);
  marks.equal('notWrittenBack', await notWrittenBack(world), 0);
}
