export { connectRedis, connectWorkerRedis } from './connection.js';
export * from './jobs.js';
export { QUEUE_NAMES, QUEUE_PREFIX, type QueueName } from './queue-names.js';
export { createQueues, type MaintenanceSchedule, type Queues } from './queues.js';
