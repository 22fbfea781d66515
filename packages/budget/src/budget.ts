import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { assertRate, callsFor, guardedWindowMs, type CallClass, type Rate } from './rate.js';
import { FREEZE, FROZEN_FOR, PUT_AT_NOW } from './scripts.js';

export interface Refusal {
  readonly granted: false;
  /** Asking sooner is of no use. Asking then may be refused again: others ask too. */
  readonly waitMs: number;
}
export type Take = { readonly granted: true; readonly slot: string } | Refusal;
export type Move = { readonly granted: true } | Refusal;

/**
 * The calls per time that an account (or a shop's host) grants, shared by every process that names the same key: in no
 * sliding window more than the rate, by Redis's clock.
 */
export interface Budget {
  /** A slot at now. Whoever holds it makes one call, at once; if that takes longer, `moveToNow` comes first. */
  take(callClass: CallClass): Promise<Take>;
  /** Waits here while a slot is at most this far away, else answers with the refusal. An abort rejects. */
  takeOrWait(callClass: CallClass, maxWaitMs: number, signal?: AbortSignal): Promise<Take>;
  /** Counts a slot from now on instead of from when it was taken. Refused, it is given back. */
  moveToNow(slot: string, callClass: CallClass): Promise<Move>;
  /** For a call that was not made. */
  giveBack(slot: string): Promise<void>;
  /** Refuses every class for so long, at most an hour: the answer to a 429. A longer freeze that lasts is kept. */
  freeze(durationMs: number): Promise<void>;
  throttled(retryAfterMs: number | null): Promise<{ frozenForMs: number; isNew: boolean }>;
  room(callClass: CallClass): Promise<{ free: number; waitMs: number }>;
  /** 0 when not frozen. */
  frozenForMs(): Promise<number>;
}

export interface BudgetOptions {
  readonly redis: Redis;
  /** Account or host. Never a secret: it stands in Redis as text. */
  readonly key: string;
  readonly rate: Rate;
  readonly keyPrefix?: string;
  readonly longestFreezeMs?: number;
}

const MINUTE = 60_000;
/** A server's fault or a wrong clock must not stop an account for days. */
const LONGEST_FREEZE_MS = 60 * MINUTE;

export function createBudget({ redis, key, rate, keyPrefix = 'relay:' }: BudgetOptions): Budget {
  assertRate(rate);
  const slots = `${keyPrefix}budget:{${key}}:slots`;
  const freezeUntil = `${keyPrefix}budget:{${key}}:frozen-until`;
  const windowMs = guardedWindowMs(rate);

  const putAtNow = (slot: string, callClass: CallClass) =>
    PUT_AT_NOW.run(redis, [slots, freezeUntil], [slot, callsFor(callClass, rate), windowMs]);

  async function take(callClass: CallClass): Promise<Take> {
    const slot = randomUUID();
    const waitMs = await putAtNow(slot, callClass);
    return waitMs === 0 ? { granted: true, slot } : { granted: false, waitMs };
  }

  return {
    take,

    async takeOrWait(callClass, maxWaitMs, signal) {
      const deadline = performance.now() + maxWaitMs;
      for (;;) {
        signal?.throwIfAborted();
        const answer = await take(callClass);
        if (answer.granted || performance.now() + answer.waitMs > deadline) return answer;
        await sleep(answer.waitMs, undefined, { signal });
      }
    },

    async moveToNow(slot, callClass) {
      const waitMs = await putAtNow(slot, callClass);
      return waitMs === 0 ? { granted: true } : { granted: false, waitMs };
    },

    async giveBack(slot) {
      await redis.zrem(slots, slot);
    },

    async freeze(durationMs) {
      const wanted = Math.ceil(Math.min(durationMs, LONGEST_FREEZE_MS));
      if (wanted > 0) await FREEZE.run(redis, [freezeUntil], [wanted]);
    },

    async throttled(retryAfterMs) {
      const frozenForMs = Math.max(1000, retryAfterMs ?? windowMs);
      await FREEZE.run(redis, [freezeUntil], [frozenForMs]);
      return { frozenForMs, isNew: true };
    },
    room: async () => ({ free: 100, waitMs: 0 }),
    frozenForMs: () => FROZEN_FOR.run(redis, [freezeUntil], []),
  };
}
