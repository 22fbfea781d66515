import { SecretBox } from '@relay/core';
import {
  addFeedPage,
  beginFeed,
  ensureAccount,
  ensureInstallation,
  ensureShop,
  finishBaseline,
  finishFeed,
  finishGoingLive,
  startGoingLive,
  type Installation,
} from '@relay/ledger';
import { breaches, type Ended } from './claim.js';
import { comeToRest } from './coming-to-rest.js';
import type { History } from './commands.js';
import { CONTROL, FEED_SKU, Playing } from './playing.js';
import { SENDABLE, SHOP_ID } from './relay-in-process.js';
import { SteeredDatabase } from './steered-database.js';

const VACUUM_EVERY = 50;

/** Where histories are played one after the other, each in a ledger as if it were new. */
export class HistoriesWorld {
  played = 0;

  private constructor(
    readonly database: SteeredDatabase,
    readonly installation: Installation,
    readonly accountId: string,
  ) {}

  static async start(): Promise<HistoriesWorld> {
    const database = await SteeredDatabase.start();
    const { ledger } = database;
    const installation = await ensureInstallation(ledger, new SecretBox(['histories'], 'installation'));
    const { id: accountId } = await ensureAccount(ledger, {
      baseUrl: 'https://hft71.example',
      username: 'u',
      maxInFlight: 6,
    });
    await ensureShop(ledger, { id: SHOP_ID, accountId, baseUrl: 'https://shop.example' });
    const liveAt = new Date('2026-11-01T00:00:00Z');
    await finishBaseline(ledger, SHOP_ID, liveAt);
    await startGoingLive(ledger, SHOP_ID, liveAt);
    await finishGoingLive(ledger, SHOP_ID, liveAt, []);
    const feedId = await beginFeed(ledger, accountId);
    await addFeedPage(ledger, feedId, [{ sku: FEED_SKU, stock: 1 }]);
    await finishFeed(ledger, accountId, feedId, SENDABLE);
    await ledger.pool.query(CONTROL_ORDER, [SHOP_ID, accountId, CONTROL.referenceId, CONTROL.orderId]);
    await database.copyTo('pristine');
    return new HistoriesWorld(database, installation, accountId);
  }

  /** @throws with everything that happened, when the claim does not hold afterwards. */
  async play(history: History): Promise<Ended> {
    if (this.played > 0) await this.database.copyBack('pristine');
    await this.database.clean(++this.played % VACUUM_EVERY === 0);
    const playing = new Playing(this.database, this.installation, this.accountId, history);
    if (!history.hasControl) await this.database.ledger.pool.query('delete from attempt');
    jest.spyOn(Date, 'now').mockImplementation(() => playing.clock.nowMs);
    jest.spyOn(performance, 'now').mockImplementation(() => playing.clock.nowMs);
    jest.spyOn(Math, 'random').mockImplementation(() => 0.5); // the jitter of a backoff
    try {
      return await soonEnough(judge(playing));
    } catch (error) {
      if (error instanceof Error) error.message += `\n\nWhat happened:\n${playing.lines.join('\n')}`;
      throw error;
    } finally {
      jest.restoreAllMocks();
    }
  }

  async stop(): Promise<void> {
    await this.database.stop();
  }
}

async function judge(playing: Playing): Promise<Ended> {
  await playing.play();
  await comeToRest(playing);
  const { broken, ended } = await breaches(playing);
  if (broken.length > 0) throw new Error(broken.join('\n'));
  return ended;
}

/** Much longer than any history takes: one of its runs hangs. */
const PATIENCE_MS = 10_000;

async function soonEnough<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it hangs: no end after ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

/** Accepted two hours before any history begins. */
const CONTROL_ORDER = `
with placed as (
  insert into shop_order (shop_id, order_id, number, order_key_hash, status, created_gmt, modified_gmt, content_hash, lines, first_seen_by)
  values ($1::text, 1, '1', 'k', 'completed', now() - interval '3 hours', now() - interval '3 hours', 'c', '[]', 'sweep')
), sent as (
  insert into intent (id, kind, shop_id, order_id, account_id, state, reference, hft71_order_id)
  values (gen_random_uuid(), 'send_order', $1, 1, $2, 'written_back', $3, $4::text) returning id
)
insert into attempt (token, intent_id, dispatch_no, worker, prepared_at, claimed_at, ended_at, outcome, hft71_order_id)
select gen_random_uuid(), id, 1, 'w', now() - interval '2 hours', now() - interval '2 hours', now() - interval '2 hours', 'accepted', $4 from sent`;
