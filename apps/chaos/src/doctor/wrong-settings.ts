import { pathToFileURL } from 'node:url';
import { projectFile } from '@relay/testing';
import { freePort } from '../world/free-port.js';
import { selfSigned } from './self-signed.js';
import { createDatabase, migratedButTheLast } from './unmigrated.js';
import { redisMemory, redisPolicy } from './wrong-redis.js';
import type { WrongThing } from './wrong-thing.js';

const AN_HOUR_MS = 3_600_000;
const nowhere = async () => `http://127.0.0.1:${await freePort()}`;

/** The world is well, and what the relay is told of it is not: several may be asked at once. */
export const WRONG_SETTINGS: readonly WrongThing[] = [
  {
    name: 'baseUrlOfShop',
    cause: 'shop-base-url',
    spoil: async () => ({ settings: { WC_BASE_URL: await nowhere() } }),
  },
  {
    name: 'baseUrlOfHft71',
    cause: 'hft71-base-url',
    spoil: async () => ({ settings: { HFT71_BASE_URL: await nowhere() } }),
  },
  {
    name: 'nameOfShop',
    cause: 'shop-base-url',
    fullOnly: true,
    spoil: async () => ({ settings: { WC_BASE_URL: 'http://no-such-shop.invalid' } }),
  },
  {
    name: 'pathOfShop',
    cause: 'shop-path',
    spoil: async (world) => ({ settings: { WC_BASE_URL: `${world.sandbox.at.shop}/old-folder` } }),
  },
  {
    name: 'pathOfHft71',
    cause: 'hft71-path',
    spoil: async (world) => ({ settings: { HFT71_BASE_URL: `${world.sandbox.at.hft71}/v9` } }),
  },
  {
    name: 'credentialsOfShop',
    cause: 'shop-credentials',
    spoil: async () => ({ settings: { WC_CONSUMER_SECRET: 'cs_of_another_shop' } }),
  },
  {
    name: 'credentialsOfHft71',
    cause: 'hft71-credentials',
    spoil: async () => ({ settings: { HFT71_PASSWORD: 'the one before' } }),
  },
  {
    name: 'readOnlyKey',
    cause: 'shop-read-only',
    spoil: async ({ sandbox }) => ({
      settings: { WC_CONSUMER_KEY: sandbox.at.readOnlyKey, WC_CONSUMER_SECRET: sandbox.at.readOnlySecret },
    }),
  },
  {
    name: 'certificateOfShop',
    cause: 'shop-certificate',
    spoil: async (world) => ({ settings: { WC_BASE_URL: await selfSigned(world) } }),
  },
  {
    name: 'certificateOfHft71',
    cause: 'hft71-certificate',
    fullOnly: true,
    spoil: async (world) => ({ settings: { HFT71_BASE_URL: await selfSigned(world) } }),
  },
  {
    name: 'clockOfThisMachine',
    cause: 'clock',
    fullOnly: true,
    spoil: async () => ({ nodeArgs: ['--import', shiftedClock(AN_HOUR_MS)] }),
  },
  { name: 'redisPolicy', cause: 'redis-policy', spoil: redisPolicy },
  { name: 'redisMemory', cause: 'redis-memory', spoil: redisMemory },
  {
    name: 'migrationsMissing',
    cause: 'migrations',
    spoil: async (world) => ({ settings: { DATABASE_URL: await createDatabase(world) } }),
  },
  {
    name: 'lastMigrationMissing',
    cause: 'migrations',
    fullOnly: true,
    spoil: async (world) => ({ settings: { DATABASE_URL: await migratedButTheLast(world) } }),
  },
  {
    name: 'noPostgres',
    cause: 'postgres-away',
    fullOnly: true,
    spoil: async () => ({ settings: { DATABASE_URL: `postgresql://relay:relay@127.0.0.1:${await freePort()}/relay` } }),
  },
  {
    name: 'noRedis',
    cause: 'redis-away',
    fullOnly: true,
    spoil: async () => ({ settings: { REDIS_URL: `redis://127.0.0.1:${await freePort()}` } }),
  },
  {
    name: 'settingMissing',
    cause: 'settings',
    fullOnly: true,
    spoil: async () => ({ settings: { WC_CONSUMER_SECRET: '' } }),
  },
  {
    name: 'secretKey',
    cause: 'secret-key',
    fullOnly: true,
    spoil: async () => ({ settings: { RELAY_SECRET_KEY: 'another key than that of the ledger' } }),
  },
];

function shiftedClock(ms: number): string {
  const url = pathToFileURL(projectFile('apps/chaos/dist/preload/shifted-clock.js'));
  url.search = `?ms=${ms}`;
  return url.href;
}
