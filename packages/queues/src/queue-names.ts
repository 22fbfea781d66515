/** Every queue of the relay. `poll-status`, `stock-sync` and `update-order` come with their features. */
export const QUEUE_NAMES = ['send-order', 'write-back', 'maintenance'] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

/** All keys of the relay in Redis begin with this; the hash tag keeps a queue on one node of a cluster. */
export const QUEUE_PREFIX = '{relay}';
