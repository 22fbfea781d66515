import { nudgeChannel } from '@relay/queues';
import type { Relay } from '@relay/operations';

/** A nudge may be lost: each worker looks by its own timer too, so Redis being away costs a moment and no order. */
export function nudgeWorkers({ redis, installation }: Relay): () => void {
  return () => void redis.publish(nudgeChannel(installation.id), '').catch(() => undefined);
}
