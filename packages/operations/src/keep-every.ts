import type { Logger } from '@relay/observability';

/** Does something now and then again at this distance, until it is stopped. A failure is said once, until it works again. */
export function keepEvery(
  everyMs: number,
  work: () => Promise<void>,
  log: Logger,
  what: string,
): { stop: () => Promise<void> } {
  let stopped = false;
  let failing = false;
  let timer: NodeJS.Timeout | null = null;
  const run = async (): Promise<void> => {
    try {
      await work();
      if (failing) log.info(`${what}: works again`);
      failing = false;
    } catch (error) {
      if (!failing && !stopped) log.error(`${what}: failed, it goes on trying`, { error });
      failing = true;
    }
    if (stopped) return;
    timer = setTimeout(() => {
      running = run();
    }, everyMs);
  };
  let running = run();
  return {
    stop: async () => {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      await running;
    },
  };
}
