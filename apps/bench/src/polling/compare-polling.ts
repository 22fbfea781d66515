import { readStatusMapping, type PollRules } from '@relay/core';
import { SeededRandom } from '@relay/testing';
import { HOUR_MS, makeLives, type Life } from './lives.js';
import { playPolling, type Played, type Rules } from './play-polling.js';

export interface PollingResult {
  readonly case: 'polling-with-webhooks' | 'polling-without-webhooks';
  readonly orders: number;
  readonly seed: number;
  /** Mean over the orders that end. */
  readonly pollsPerOrder: number;
  /** The most that one order got which never ends. */
  readonly mostPollsOfNeverEnding: number;
  readonly stalenessP50Hours: number;
  readonly stalenessP95Hours: number;
  /** Until a change was found whose every delivery was lost; null without webhooks. */
  readonly lostFoundHours: number | null;
  readonly mostReadsAMinute: number;
  readonly shareAMinute: number;
  readonly passed: boolean;
}

/** The settings' defaults: `HFT71_POLL_INTERVAL`, `…_WITH_WEBHOOKS`, `HFT71_POLL_MAX_AGE`, `HFT71_WEBHOOK_SILENCE`. */
const POLL: PollRules = { intervalMs: 2 * HOUR_MS, withWebhooksMs: 20 * HOUR_MS, maxAgeMs: 60 * 24 * HOUR_MS };
const SILENCE_MS = 6 * HOUR_MS;
/** Of `HFT71_RATE_LIMIT=60/min`: the last tenth belongs to live sends. */
const READS_A_MINUTE = 54;

const MARKS = {
  'polling-with-webhooks': { polls: 8, lostFoundHours: 24 },
  'polling-without-webhooks': { polls: 40, p50Hours: 1.5, p95Hours: 4 },
  neverEnding: 120,
} as const;

/** The same lives twice: with HFT71's webhook, 5 % of whose deliveries are lost, and without. */
export function comparePolling(count: number, seed: number): PollingResult[] {
  const lives = makeLives(count, seriesOf(seed, 'lives'));
  return [measure(lives, seed, true), measure(lives, seed, false)];
}

function measure(lives: readonly Life[], seed: number, withWebhooks: boolean): PollingResult {
  const rules: Rules = {
    poll: POLL,
    mapping: readStatusMapping({ 'In Production': 'leave', 'Item Finished': 'leave', Closed: 'completed' }),
    silenceMs: SILENCE_MS,
    readsAMinute: READS_A_MINUTE,
  };
  const { orders, mostReadsAMinute } = playPolling(lives, rules, withWebhooks, seriesOf(seed, 'polls'));
  const ended = orders.filter(({ ends }) => ends);
  const staleness = orders.flatMap(({ stalenessMs }) => stalenessMs).sort((a, b) => a - b);
  const missed = lives.reduce((sum, { changesMs }) => sum + changesMs.length, 0) - staleness.length;
  const figures = {
    pollsPerOrder: rounded(ended.reduce((sum, { polls }) => sum + polls, 0) / ended.length),
    mostPollsOfNeverEnding: mostPolls(orders.filter(({ ends }) => !ends)),
    stalenessP50Hours: hours(staleness[Math.floor(staleness.length * 0.5)] ?? 0),
    stalenessP95Hours: hours(staleness[Math.floor(staleness.length * 0.95)] ?? 0),
    lostFoundHours: withWebhooks ? hours(Math.max(0, ...orders.flatMap(({ lostFoundMs }) => lostFoundMs))) : null,
    mostReadsAMinute,
    shareAMinute: READS_A_MINUTE,
  };
  const name = withWebhooks ? 'polling-with-webhooks' : 'polling-without-webhooks';
  const isKept = withWebhooks
    ? figures.pollsPerOrder <= MARKS[name as 'polling-with-webhooks'].polls &&
      (figures.lostFoundHours ?? 0) <= MARKS['polling-with-webhooks'].lostFoundHours
    : figures.pollsPerOrder <= MARKS['polling-without-webhooks'].polls &&
      figures.stalenessP50Hours <= MARKS['polling-without-webhooks'].p50Hours &&
      figures.stalenessP95Hours <= MARKS['polling-without-webhooks'].p95Hours;
  const passed =
    isKept &&
    missed === 0 &&
    figures.mostPollsOfNeverEnding <= MARKS.neverEnding &&
    figures.mostReadsAMinute <= READS_A_MINUTE;
  return { case: name, orders: lives.length, seed, ...figures, passed };
}

function seriesOf(seed: number, name: string): () => number {
  const series = new SeededRandom(seed, name);
  return () => series.next();
}

function mostPolls(orders: readonly Played[]): number {
  return Math.max(0, ...orders.map(({ polls }) => polls));
}

function hours(ms: number): number {
  return rounded(ms / HOUR_MS);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
