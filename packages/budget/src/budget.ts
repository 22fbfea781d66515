import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { readState, type BudgetState } from './budget-state.js';
import { assertRate, callerArgs, type Caller, type Rate } from './rate.js';
import { COUNT_FROM, FREEZE, FROZEN_FOR, GIVE_BACK, LOOK, PUT_AT_NOW, ROOM, THROTTLED } from './scripts.js';
import type { LuaScript } from './lua-script.js';

export interface Refusal {
  readonly granted: false;
  /** Asking sooner is of no use. Asking then may be refused again: others ask too. */
  readonly waitMs: number;
}
export type Take = { readonly granted: true; readonly slot: string } | Refusal;
export type Move = { readonly granted: true } | Refusal;

export interface Room {
  /** So many slots could be taken, if nobody else took any. */
  readonly free: number;
  /** 0 when some are free, else asking sooner is of no use. */
  readonly waitMs: number;
}

export interface Throttling {
  readonly frozenForMs: number;
  /** False for a further 429 of the event that froze the account already. */
  readonly isNew: boolean;
}

/**
 * The calls per time that an account (or a shop's host) grants, shared by every process that names the same key: in no
 * sliding window more than the rate, by Redis's clock. Every method rejects while Redis does not answer.
 */
export interface Budget {
  /** A slot at now. Whoever holds it makes one call, at once; if that takes longer, `moveToNow` comes first. */
  take(caller: Caller): Promise<Take>;
  /** Waits here while a slot is at most this far away, else answers with the refusal. An abort rejects. */
  takeOrWait(caller: Caller, maxWaitMs: number, signal?: AbortSignal): Promise<Take>;
  /** Counts a slot from now on instead of from when it was taken. Refused, it is given back. */
  moveToNow(slot: string, caller: Caller): Promise<Move>;
  /** For a call that was not made. */
  giveBack(slot: string): Promise<void>;
  /**
   * Its bytes left so long ago, later than the slot says: a busy machine may need longer from the slot to the call than the
   * margin of the window. The window counts it from then.
   */
  countFrom(slot: string, leftAgoMs: number): Promise<void>;
  /** What a class, or a campaign with its share, could take now, or by `withinMs` from now. Takes nothing. */
  room(caller: Caller, withinMs?: number): Promise<Room>;
  /**
   * To be told of every 429: freezes every class and lowers the rate, once per event however many calls were in flight.
   *
   * @param retryAfterMs as `parseRetryAfterMs` reads it; null and 0 freeze for a whole window, longer when repeated.
   * @param slot of the refused call: tells a late answer to a call made before the freeze from a new event.
   */
  throttled(retryAfterMs: number | null, slot?: string): Promise<Throttling>;
  /** Refuses every class for so long, at most `longestFreezeMs`; leaves the rate alone. A longer freeze is kept. */
  freeze(durationMs: number): Promise<void>;
  /** 0 when not frozen. */
  frozenForMs(): Promise<number>;
  /** For people. Changes nothing, and announces no rate. */
  state(): Promise<BudgetState>;
}

export interface BudgetOptions {
  readonly redis: Redis;
  /** Account or host. Never a secret: it stands in Redis as text. */
  readonly key: string;
  /** What was agreed. Of several processes that name the same key, the one that began to use it last is followed. */
  readonly rate: Rate;
  readonly keyPrefix?: string;
  /** A server's fault or a wrong clock must not stop an account for days. Default: an hour. */
  readonly longestFreezeMs?: number;
  /**
   * What follows when Redis has lost the window. `wait`, the default: nothing goes for a whole window, so that never more
   * calls than the rate reach the other side. `pace`: as at a first start; for a host whose rate is a courtesy.
   */
  readonly afterLoss?: 'wait' | 'pace';
  /** Time between two raises of a lowered rate, at least a window. Default: a minute. */
  readonly raiseEveryMs?: number;
  /** False for who passes by: its rate counts only while nobody has announced one. Default: true. */
  readonly announces?: boolean;
}

/** Older than every announcement, and newer than none. */
const BEFORE_ANY = 1;

const MINUTE = 60_000;

export function createBudget(options: BudgetOptions): Budget {
  const { redis, key, rate, keyPrefix = 'relay:', longestFreezeMs = 60 * MINUTE, raiseEveryMs = MINUTE } = options;
  const waitsAfterLoss = options.afterLoss !== 'pace';
  assertRate(rate);
  const keys = ['slots', 'frozen-until', 'state'].map((name) => `${keyPrefix}budget:{${key}}:${name}`);

  /** What this process knows of the state, so that a loss is noticed and the newest configuration wins. */
  const seen = { epoch: 0, configuredAt: options.announces === false ? BEFORE_ANY : 0 };
  async function open(script: LuaScript, ...args: (string | number)[]): Promise<readonly number[]> {
    const opening = [rate.calls, rate.windowMs, seen.configuredAt, waitsAfterLoss ? seen.epoch : -1, raiseEveryMs];
    const answer = await script.numbers(redis, keys, [...opening, ...args]);
    [seen.epoch, seen.configuredAt] = answer.slice(-2) as [number, number];
    return answer;
  }

  async function putAtNow(slot: string, caller: Caller): Promise<Refusal | { granted: true }> {
    const [waitMs = 0] = await open(PUT_AT_NOW, slot, ...callerArgs(caller));
    return waitMs === 0 ? { granted: true } : { granted: false, waitMs };
  }

  async function take(caller: Caller): Promise<Take> {
    const slot = `${callerArgs(caller)[0]}:${randomUUID()}`;
    const put = await putAtNow(slot, caller);
    return put.granted ? { granted: true, slot } : put;
  }

  return {
    take,

    async takeOrWait(caller, maxWaitMs, signal) {
      const deadline = performance.now() + maxWaitMs;
      for (;;) {
        signal?.throwIfAborted();
        const answer = await take(caller);
        if (answer.granted || performance.now() + answer.waitMs > deadline) return answer;
        await sleep(answer.waitMs, undefined, { signal });
      }
    },

    moveToNow: putAtNow,

    async giveBack(slot) {
      await GIVE_BACK.numbers(redis, keys, [slot]);
    },

    async countFrom(slot, leftAgoMs) {
      await COUNT_FROM.numbers(redis, keys, [slot, Math.floor(leftAgoMs)]);
    },

    async room(caller, withinMs = 0) {
      const [free = 0, waitMs = 0] = await open(ROOM, ...callerArgs(caller), Math.floor(withinMs));
      return { free, waitMs };
    },

    async throttled(retryAfterMs, slot = '') {
      const [frozenForMs = 0, isNew] = await open(
        THROTTLED,
        Math.ceil(retryAfterMs ?? 0),
        Math.random(),
        longestFreezeMs,
        slot,
      );
      return { frozenForMs, isNew: isNew === 1 };
    },

    async freeze(durationMs) {
      const wanted = Math.ceil(Math.min(durationMs, longestFreezeMs));
      if (wanted > 0) await FREEZE.numbers(redis, keys, [wanted]);
    },

    async frozenForMs() {
      const [remaining = 0] = await FROZEN_FOR.numbers(redis, keys, []);
      return remaining;
    },

    async state() {
      return readState(await LOOK.run(redis, keys, []), rate);
    },
  };
}
