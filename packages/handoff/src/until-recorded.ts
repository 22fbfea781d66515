import { setTimeout as sleep } from 'node:timers/promises';
import type { HandOffContext } from './context.js';

/** Waits for a PostgreSQL that is away, since what is to be written is known here and nowhere else. */
export async function untilRecorded<T>(
  ctx: Pick<HandOffContext, 'log'>,
  giveUpAfterMs: number,
  write: () => Promise<T>,
): Promise<T> {
  const giveUpAt = performance.now() + giveUpAfterMs;
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      ctx.log.error('an outcome could not be recorded yet', { tries, error });
      await sleep(RETRY_MS);
    }
  }
}

const RETRY_MS = 500;
