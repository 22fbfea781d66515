import type { Settings } from '@relay/config';
import { CallFailure, normalHomeUrl, sameHomeUrl, type ApiCallRecord } from '@relay/core';
import { loadShop, type ShopView } from '@relay/ledger';
import { createShopClient, type ShopClient, type ShopIndex } from '@relay/woocommerce';
import type { ClockReading } from './clocks.js';
import type { Endpoint } from './endpoint.js';
import type { OpenLedger } from './examine-postgres.js';
import { examineShopWebhooks } from './examine-shop-webhooks.js';
import type { Examination } from './examination.js';
import { shopReason } from './shop-reason.js';
import { aboutAccount, type ExaminedShop } from './examined-shop.js';

/** One call, with its tries: the whole examination has to end soon. */
const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Asks the shop what the relay needs of it, harmlessly: the only write is one on an order that cannot be. Its calls stand in
 * no log, count for no breaker, and take nothing of the budget, which is a courtesy of some hundred calls a minute.
 * @returns the shop's clock; null where it did not answer.
 */
export async function examineShop(
  exam: Examination,
  { settings, record }: { settings: Settings; record: OpenLedger | null },
  examined: ExaminedShop,
): Promise<ClockReading | null> {
  const { id, settings: shop } = examined;
  const view = record === null ? null : await loadShop(record.ledger, id);
  const { baseUrl } = shop.woocommerce;
  const calls: ApiCallRecord[] = [];
  const clientAt = (address: string) =>
    createShopClient({
      ...{ baseUrl: address, answerTimeoutMs: ANSWER_TIMEOUT_MS },
      consumerKey: shop.woocommerce.consumerKey,
      consumerSecret: shop.woocommerce.consumerSecret,
      onCall: (call) => calls.push(call),
    });
  const endpoint: Endpoint = {
    ...{ side: 'shop', who: 'The shop', setting: 'WC_BASE_URL', baseUrl },
    servedAt: view?.homeUrl ?? null,
  };
  const asked = new Asked(exam, `shop ${id}`, endpoint, clientAt(baseUrl), calls, clientAt);

  exam.step(`asking the shop ${id}`);
  const index = await asked.ask('answers', (client) => client.index());
  if (index === null) return null;
  exam.ok(`shop ${id}: answers`, `${index.name} (${index.homeUrl})`);
  judgeIdentity(exam, id, index, view);
  // What it sends stops the account.
  judgePlugin(exam.about(aboutAccount(examined)), id, index, view);
  const page = await asked.ask('keys may read', (client) => client.listOrders({ perPage: 1 }));
  const clock = { whose: `the shop ${id}`, askedAt: new Date(), date: page?.serverDate ?? index.serverDate };
  if (page === null) return clock;
  exam.ok(`shop ${id}: keys may read`, `${page.total ?? 'some'} orders`);
  const mayWrite = await asked.ask('keys may write', async (client) => {
    await client.checkWriteAccess();
    return true;
  });
  if (mayWrite !== null) exam.ok(`shop ${id}: keys may write`, 'yes, by a write on an order that cannot be');
  exam.step(`looking at the webhooks of ${id}`);
  const hooks = await asked.ask('webhooks', (client) => client.listWebhooks());
  if (hooks !== null) await examineShopWebhooks(exam, { id, hooks, publicUrl: settings.publicUrl, record });
  return clock;
}

/** Asks, and says in words what a refusal means. */
class Asked {
  constructor(
    private readonly exam: Examination,
    private readonly name: string,
    private readonly endpoint: Endpoint,
    private readonly client: ShopClient,
    private readonly calls: readonly ApiCallRecord[],
    private readonly clientAt: (baseUrl: string) => ShopClient,
  ) {}

  /** @returns null where the answer is a finding. */
  async ask<T>(what: string, call: (client: ShopClient) => Promise<T>): Promise<T | null> {
    try {
      return await call(this.client);
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      await this.#tell(what, error);
      return null;
    }
  }

  async #tell(what: string, failure: CallFailure): Promise<void> {
    if (what === 'webhooks' && failure.failure === 'unauthorized') return this.#tellNoRight(failure);
    const last = this.calls.at(-1);
    const asked = last === undefined ? null : `${last.method} ${last.path}`;
    const reason = shopReason(this.endpoint, failure);
    const { servedAt, baseUrl } = this.endpoint;
    const elsewhere = reason.cause === 'shop-path' ? await this.#answersAtRoot() : null;
    this.exam.found(`${this.name}: ${what}`, reason.cause, {
      ...reason,
      toDo: elsewhere === null ? reason.toDo : `Set WC_BASE_URL to ${elsewhere}.`,
      evidence: [
        `WC_BASE_URL is ${baseUrl}`,
        `${asked === null ? '' : `${asked}: `}${failure.message}`,
        elsewhere === null ? null : `A WordPress answers at ${elsewhere}`,
        servedAt === null || sameHomeUrl(servedAt, baseUrl) ? null : `The ledger’s shop is ${servedAt}`,
      ],
    });
  }

  /** The key reads orders: what it lacks is the right to webhooks. */
  #tellNoRight(failure: CallFailure): void {
    this.exam.found(`${this.name}: webhooks`, 'shop-webhook-missing', {
      what: 'The key’s user may not manage webhooks: none can be made or revived, and orders come by sweeps',
      toDo: 'In the shop: give the key’s user the role Shop manager or Administrator.',
      evidence: [failure.message],
    });
  }

  /** A folder too much is the usual slip. */
  async #answersAtRoot(): Promise<string | null> {
    const { origin, pathname } = new URL(this.endpoint.baseUrl);
    if (pathname === '/') return null;
    return this.clientAt(origin)
      .index()
      .then(
        () => origin,
        () => null,
      );
  }
}

/** Orders of one shop must not be taken for another's: the relay refuses to connect it. */
function judgeIdentity(exam: Examination, id: string, index: ShopIndex, view: ShopView | null): void {
  if (view?.homeUrl == null || sameHomeUrl(view.homeUrl, index.homeUrl)) return;
  // http and https of one host are one shop.
  const bare = (url: string) => normalHomeUrl(url).replace(/^https?:/, '');
  if (bare(view.homeUrl) === bare(index.homeUrl)) return;
  exam.found(`shop ${id}: is the one it was`, 'shop-other', {
    what: 'Another shop answers than the one whose orders the ledger holds',
    toDo: 'Set WC_BASE_URL back; or start with a new DATABASE_URL for the new shop.',
    evidence: [`It says that it is ${index.homeUrl}`, `The ledger’s shop is ${view.homeUrl}`],
  });
}

function judgePlugin(exam: Examination, id: string, index: ShopIndex, view: ShopView | null): void {
  if (!index.namespaces.includes('hft71/v1')) return;
  const isLive = view?.mode === 'live' || view?.mode === 'going_live';
  exam.found(`shop ${id}: plugin`, 'plugin', {
    what: isLive
      ? 'The plugin HFT71 Integration is active beside a live relay: two senders make orders twice'
      : 'The plugin HFT71 Integration is active; it must be off before going live',
    toDo: isLive ? 'Deactivate it in the shop now.' : 'Deactivate it before `relay mode live`.',
    evidence: ['/wp-json/ lists hft71/v1'],
    isWarning: !isLive,
    severity: isLive ? 1 : 3,
  });
}
