import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSettings, type RawEnvironment, type Settings } from '@relay/config';
import type { ShopMode } from '@relay/core';
import { createLogger } from '@relay/observability';
import { checkShop, openRelay, readStatus } from '@relay/operations';
import { CannotStart, type House } from './house.js';
import { definedOnly, printAddresses, startPrograms } from './programs.js';
import type { Say } from './say.js';
import { unlessStopped } from './unless-stopped.js';

/** Against the shop and the HFT71 of `.env`: shadow mode until `relay mode live`, and no orders are made. */
export async function runReal(house: House, say: Say, environment: RawEnvironment, stop: AbortSignal): Promise<never> {
  const own = ownSecrets(house.folder, environment);
  // All faults at once, before anything is started.
  loadSettings({ ...SAMPLE_SERVERS, ...environment, ...own });

  const databaseUrl = environment['DATABASE_URL'] ?? (await house.startPostgres());
  const redisUrl = environment['REDIS_URL'] ?? (await house.startRedis());
  await house.migrate(databaseUrl);
  const env = definedOnly({ ...onlyOurs(environment), ...own, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl });
  const settings = loadSettings(env);
  settings.warnings.forEach((warning) => say.line(`Warning: ${warning}`));
  const next = await sayWhatTheShopSays(say, settings, stop);
  await startPrograms(house, say, { ...env, PORT: String(settings.port) });
  const admin = settings.admin && { user: settings.admin.user, password: own['RELAY_ADMIN_PASSWORD'] ?? null };
  printAddresses(say, { port: String(settings.port), admin, folder: house.folder });
  say.line(next);

  return house.untilStopped();
}

/** @returns what to do next, in a sentence. */
async function sayWhatTheShopSays(say: Say, settings: Settings, stop: AbortSignal): Promise<string> {
  const relay = await openRelay(settings, createLogger({ level: 'error', service: 'start', stream: process.stderr }));
  try {
    return await unlessStopped(stop, async () => {
      await relay.redis.ping().catch(() => {
        throw new CannotStart(
          'Redis does not answer at REDIS_URL: start it, or leave REDIS_URL out, and npm start brings its own.',
        );
      });
      let isFit = true;
      for (const shop of relay.shops.values()) {
        say.line(`Shop ${settings.shop?.woocommerce.baseUrl ?? shop.id}:`);
        // The mode is said below, and at a first start "not connected yet" is no fault.
        const checks = (await checkShop(relay, shop)).checks.filter(({ name }) => name !== 'mode');
        for (const { name, ok, found } of checks) say.line(`  ${ok ? '✓' : '✗'} ${name}: ${found}`);
        isFit &&= checks.every(({ ok }) => ok);
      }
      const { shops } = await readStatus(relay);
      for (const { id, mode } of shops) say.line(`Shop ${id}: ${IN_MODE[mode]}`);
      if (!isFit) return 'Next: mend what is marked ✗, then: npm run --silent relay -- shop check';
      return shops.every(({ mode }) => mode === 'live')
        ? 'Orders go by themselves: npm run --silent relay -- status'
        : 'Next: npm run --silent relay -- shop check, then: npm run --silent relay -- mode live';
    });
  } finally {
    await relay.close();
  }
}

/** A first start needs no more than the shop and HFT71: what else is secret is made once and kept beside the ledger. */
function ownSecrets(folder: string, environment: RawEnvironment): Record<string, string> {
  const kept = (name: string, bytes: number) => {
    const file = join(folder, name);
    if (!existsSync(file)) writeFileSync(file, randomBytes(bytes).toString('hex'), { mode: 0o600 });
    return readFileSync(file, 'utf8').trim();
  };
  const made: Record<string, string> = {};
  if (!environment['RELAY_SECRET_KEY']) made['RELAY_SECRET_KEY'] = kept('secret-key', 32);
  if (!environment['RELAY_ADMIN_USER'] && !environment['RELAY_ADMIN_PASSWORD']) {
    made['RELAY_ADMIN_USER'] = 'admin';
    made['RELAY_ADMIN_PASSWORD'] = kept('admin-password', 8);
  }
  return made;
}

function onlyOurs(environment: RawEnvironment): RawEnvironment {
  const ours = /^(RELAY_|WC_|HFT71_|ALERT_|SMTP_|LOG_LEVEL$|PORT$|NODE_EXTRA_CA_CERTS$)/;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => ours.test(name)));
}

const IN_MODE: Readonly<Record<ShopMode, string>> = {
  connecting: 'a first start. The worker takes its baseline, then it is in shadow mode: nothing is sent.',
  shadow: 'in shadow mode: nothing is sent.',
  going_live:
    'going live was broken off: a worker goes on with it, and nothing is sent before that has come to its end.',
  live: 'LIVE: its orders go to HFT71.',
};

const SAMPLE_SERVERS = { DATABASE_URL: 'postgresql://relay@127.0.0.1/relay', REDIS_URL: 'redis://127.0.0.1' };
