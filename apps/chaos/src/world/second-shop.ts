import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Sandbox, waitFor } from '@relay/testing';
import type { World } from './world.js';

/** Another shop with an HFT71 account of its own, which the world's first relay serves as well. */
export class SecondShop {
  private constructor(
    readonly world: World,
    readonly sandbox: Sandbox,
  ) {}

  /** Adds it with `relay shop add`. Workers that run already do not know of it: add it first. */
  static async add(world: World): Promise<SecondShop> {
    const folder = join(world.folder, 'second-shop');
    await mkdir(folder, { recursive: true });
    const sandbox = await Sandbox.start(folder, []);
    world.onClose(async () => void (await sandbox.process.kill('SIGKILL')));
    const file = join(folder, 'shop.env');
    await writeFile(file, settingsOf(sandbox), { mode: 0o600 });
    await world.relay.mustRelay('shop', 'add', 'second', '--file', file);
    return new SecondShop(world, sandbox);
  }

  async untilLive(): Promise<void> {
    const isLive = `select 1 from shop where id = 'second' and mode = 'live'`;
    await waitFor(async () => (await this.world.relay.rows(isLive)).length === 1, {
      what: 'the second shop to be live',
      timeoutMs: 60_000,
    });
  }
}

function settingsOf({ at }: Sandbox): string {
  const settings = {
    WC_BASE_URL: at.shop,
    WC_CONSUMER_KEY: at.consumerKey,
    WC_CONSUMER_SECRET: at.consumerSecret,
    WC_WEBHOOK_SECRET: 'of the second shop, long enough to be taken',
    WC_RATE_LIMIT: '100000/min',
    HFT71_BASE_URL: at.hft71,
    HFT71_USERNAME: at.hft71Username,
    HFT71_PASSWORD: at.hft71Password,
    HFT71_LINES: 'feed',
    HFT71_RATE_LIMIT: '2000/1s',
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}="${value}"\n`)
    .join('');
}
