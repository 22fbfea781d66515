import { hostname } from 'node:os';
import type { Settings } from '@relay/config';
import { SecretBox } from '@relay/core';
import { connectLedger, ensureInstallation, type ApiCallLog } from '@relay/ledger';
import { createMetrics, type Logger } from '@relay/observability';
import { connectRedis } from '@relay/queues';
import { assertMigrated } from './assert-migrated.js';
import { connectShopSettings } from './connect-shop-settings.js';
import { relayMetricSources } from './metric-sources.js';
import { RotatedSecrets } from './rotated-secrets.js';
import { allShopSettings } from './stored-shops.js';
import { quietly, type ConnectedShop, type Relay } from './relay.js';

/** As it is told to people: also before there is a relay. */
export const PROCESS_NAME = `${hostname()}/${process.pid}`;

/**
 * @throws NotMigrated, WrongSecretKey, or PostgreSQL's own error when it cannot be reached. Shops, HFT71 and Redis are
 * not asked: they may be away when the relay starts. Rows and rates follow the settings of who opens it.
 * @param changesNothing for who only passes by, maybe with other settings: what the ledger and the budget know already
 * stays, and only what is new is made.
 */
export async function openRelay(
  settings: Settings,
  log: Logger,
  { changesNothing = false }: { changesNothing?: boolean } = {},
): Promise<Relay> {
  const ledger = connectLedger({
    databaseUrl: settings.databaseUrl,
    applicationName: 'hft71-relay',
    onIdleError: (error) => log.warn('a connection to PostgreSQL broke', { error }),
  });
  const redis = connectRedis(settings.redisUrl, quietly(log, 'Redis'));
  try {
    await assertMigrated(ledger);
    const installation = await ensureInstallation(ledger, new SecretBox(settings.secretKeys, 'installation'));
    const rotated = new RotatedSecrets({ ledger, installation, secretKeys: settings.secretKeys, log });
    await rotated.load();
    const metrics = createMetrics(relayMetricSources(ledger));
    const shops = new Map<string, ConnectedShop>();
    const callLogs: ApiCallLog[] = [];
    for (const [shopId, shopSettings] of await allShopSettings(ledger, settings)) {
      const parts = { settings, shopId, shop: shopSettings, ledger, redis, installation, rotated, log, changesNothing };
      const { shop, callLog } = await connectShopSettings(parts);
      shops.set(shop.id, shop);
      callLogs.push(callLog);
    }
    return {
      settings,
      ledger,
      redis,
      installation,
      log,
      metrics,
      shops,
      processName: PROCESS_NAME,
      close: async () => {
        await Promise.all(callLogs.map((callLog) => callLog.flush()));
        redis.disconnect();
        await ledger.close();
      },
    };
  } catch (error) {
    redis.disconnect();
    await ledger.close();
    throw error;
  }
}
