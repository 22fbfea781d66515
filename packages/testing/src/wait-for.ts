import { inspect } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
  /** What is waited for, as the end of "waited in vain for …". */
  readonly what: string;
}

type Falsy = false | null | undefined | 0 | '';

/**
 * Asks until the answer is truthy, and returns it. One that throws counts as not yet.
 * @throws with what was waited for and the last answer.
 */
export async function waitFor<T>(condition: () => T | Promise<T>, options: WaitOptions): Promise<Exclude<T, Falsy>> {
  const { timeoutMs = 10_000, intervalMs = 20, what } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const last = await attempt(condition);
    if ('value' in last && last.value) return last.value as Exclude<T, Falsy>;
    if (performance.now() >= deadline) {
      const seen =
        'value' in last
          ? `the last answer was ${inspect(last.value, { depth: 4 })}`
          : `it threw ${inspect(last.error)}`;
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}; ${seen}`);
    }
    await sleep(intervalMs);
  }
}

async function attempt<T>(condition: () => T | Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await condition() };
  } catch (error) {
    return { error };
  }
}
