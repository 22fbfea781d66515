/** Every queue of the relay. */
export const QUEUE_NAMES = [
  'send-order',
  'update-order',
  'write-back',
  'poll-status',
  'stock-sync',
  'maintenance',
] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

/**
 * What all keys of a relay's queues begin with. Each installation has its own, so that two that share a Redis never take
 * each other's jobs; the hash tag keeps a queue on one node of a cluster.
 */
export function queuePrefix(installationId: string): string {
  return `{relay-${installationId}}`;
}

/** Published when an order came in, so that the workers look at once. Losing one costs a tick of the dispatcher. */
export function nudgeChannel(installationId: string): string {
  return `relay:nudge:${installationId}`;
}
