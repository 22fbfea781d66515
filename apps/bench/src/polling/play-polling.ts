import { isNews, planPoll, webhooksAreSilent, type PollRules, type StatusMapping } from '@relay/core';
import { HOUR_MS, STATUSES, type Life } from './lives.js';

export interface Played {
  /** Every GET below `/order/{id}`. */
  polls: number;
  readonly ends: boolean;
  /** From each change at HFT71 to the reading that found it, in ms. */
  readonly stalenessMs: number[];
  /** The same for changes whose every delivery was lost. */
  readonly lostFoundMs: number[];
}

interface Order extends Played {
  readonly life: Life;
  dueMs: number | null;
  isHinted: boolean;
  /** How many of `STATUSES` a reading has seen. */
  seen: number;
  statusSinceMs: number;
  isOpen: boolean;
}

interface Delivery {
  readonly atMs: number;
  readonly order: Order;
  readonly status: string;
}

export interface Rules {
  readonly poll: PollRules;
  readonly mapping: StatusMapping;
  readonly silenceMs: number;
  /** The polls' share of the account's budget. */
  readonly readsAMinute: number;
}

const MINUTE_MS = 60_000;
const LOST_SHARE = 0.05;
/** Repeats come shuffled over so long. */
const REPEATS_OVER_MS = 24 * HOUR_MS;

/**
 * Plays the planner over these lives, minute by minute, as the ledger would ask it: what is due is read, orders that a
 * webhook named first, and never more than the share of the budget.
 */
export function playPolling(
  lives: readonly Life[],
  rules: Rules,
  withWebhooks: boolean,
  random: () => number,
): { orders: readonly Played[]; mostReadsAMinute: number } {
  const orders = lives.map((life): Order => {
    const first = life.acceptedMs + (rules.poll.intervalMs / 2) * (0.9 + 0.2 * random());
    return {
      ...{ life, ends: life.ends, polls: 0, stalenessMs: [], lostFoundMs: [] },
      ...{ dueMs: first, isHinted: false, seen: 0, statusSinceMs: life.acceptedMs, isOpen: true },
    };
  });
  const lost = new Set<string>();
  const deliveries = withWebhooks ? makeDeliveries(orders, lost, random) : [];
  let heardMs: number | null = null;
  let mostReadsAMinute = 0;
  let open = orders;
  const endMs = Math.max(...lives.map(({ acceptedMs }) => acceptedMs)) + rules.poll.maxAgeMs + 48 * HOUR_MS;
  for (let nowMs = 0; nowMs <= endMs && open.length > 0; nowMs += MINUTE_MS) {
    for (let next = deliveries.at(-1); next !== undefined && next.atMs <= nowMs; next = deliveries.at(-1)) {
      deliveries.pop();
      heardMs = nowMs;
      hint(next, rules.mapping, nowMs);
    }
    const due = open
      .filter(({ dueMs }) => dueMs !== null && dueMs <= nowMs)
      .sort((a, b) => Number(b.isHinted) - Number(a.isHinted) || (a.dueMs as number) - (b.dueMs as number))
      .slice(0, rules.readsAMinute);
    mostReadsAMinute = Math.max(mostReadsAMinute, due.length);
    const silent = webhooksAreSilent(heardMs, nowMs, rules.silenceMs);
    for (const order of due) read(order, nowMs, { rules, silent, lost, random });
    if (due.some(({ isOpen }) => !isOpen)) open = open.filter(({ isOpen }) => isOpen);
  }
  return { orders, mostReadsAMinute };
}

/** The latest first: they are taken from the end. */
function makeDeliveries(orders: readonly Order[], lost: Set<string>, random: () => number): Delivery[] {
  const all: Delivery[] = [];
  for (const order of orders)
    for (const [step, atMs] of order.life.changesMs.entries()) {
      if (random() < LOST_SHARE) {
        lost.add(`${order.life.index}/${step}`);
        continue;
      }
      const status = STATUSES[step] as string;
      all.push({ atMs: atMs + MINUTE_MS * random(), order, status });
      for (let repeat = Math.floor(random() * 5); repeat > 0; repeat -= 1)
        all.push({ atMs: atMs + REPEATS_OVER_MS * random(), order, status });
    }
  return all.sort((a, b) => b.atMs - a.atMs);
}

function hint({ order, status }: Delivery, mapping: StatusMapping, nowMs: number): void {
  const seen = STATUSES.slice(0, order.seen);
  if (!isNews(mapping, status, { statuses: seen.slice(-1), seen })) return;
  order.isHinted = true;
  order.dueMs = Math.min(order.dueMs ?? nowMs, nowMs);
  order.isOpen = true;
}

function read(
  order: Order,
  nowMs: number,
  { rules, silent, lost, random }: { rules: Rules; silent: boolean; lost: ReadonlySet<string>; random: () => number },
): void {
  order.polls += 1;
  order.isHinted = false;
  const { changesMs } = order.life;
  for (; order.seen < changesMs.length && (changesMs[order.seen] as number) <= nowMs; order.seen += 1) {
    const staleMs = nowMs - (changesMs[order.seen] as number);
    order.stalenessMs.push(staleMs);
    if (lost.has(`${order.life.index}/${order.seen}`)) order.lostFoundMs.push(staleMs);
    order.statusSinceMs = nowMs;
  }
  const plan = planPoll(
    {
      acceptedAtMs: order.life.acceptedMs,
      hasStatus: order.seen > 0,
      isTerminal: order.seen === STATUSES.length,
      statusSinceMs: order.statusSinceMs,
    },
    { nowMs, webhooksAreSilent: silent, random: random() },
    rules.poll,
  );
  order.dueMs = plan.kind === 'at' ? plan.atMs : null;
  order.isOpen = plan.kind === 'at';
}
