export { startPostgres, type PostgresOptions, type PostgresServer } from './postgres.js';
export { startRedis, type RedisOptions } from './redis.js';
export { findRedisServer, howToInstallRedis, installRedisServer } from './redis-binary.js';
export type { LocalServer } from './server-process.js';
