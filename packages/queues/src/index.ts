export { connectRedis, connectWorkerRedis } from './connection.js';
export * from './jobs.js';
export { nudgeChannel, QUEUE_NAMES, queuePrefix, type QueueName } from './queue-names.js';
export {
  createQueues,
  POLL_TRIES,
  STOCK_TRIES,
  type HandOffQueue,
  type MaintenanceSchedule,
  type Queues,
} from './queues.js';
