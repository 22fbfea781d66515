import { setTimeout as sleep } from 'node:timers/promises';
import { CANCELLED_STATUSES, makeReference, metaText, SHOP_META, type ShopOrder } from '@relay/core';
import { adoptShownId, HandOffFailed } from '@relay/handoff';
import { takePage } from '@relay/intake';
import {
  holdForAdoption,
  ledgerSideOf,
  loadIntent,
  loadShop,
  writeAudit,
  type ReconciledOrder,
  type ShopView,
} from '@relay/ledger';
import { walkModifiedSince } from '@relay/woocommerce';
import { refused, type Refusal } from './held-orders.js';
import { gmt } from './reconcile-shop.js';
import { intakeContext, type ConnectedShop, type Relay } from './relay.js';

export interface ImportOptions {
  /** Orders that the shop changed within this time; null: all that it has. */
  readonly windowMs: number | null;
  readonly dryRun: boolean;
  readonly actor: string;
  readonly onProgress?: (imported: Imported) => void;
}

/** What became of the shop's orders. All but the first two are of orders that show an HFT71 id. */
export interface Imported {
  readonly looked: number;
  readonly withId: number;
  /** The ledger had them under this id. */
  readonly known: number;
  /** Taken over; with `dryRun` those that would be judged for it. */
  readonly adopted: number;
  /** Cancelled or in the bin: nothing of them is to be followed. */
  readonly cancelled: number;
  /** The id is another order's, or the ledger has another one: each is on the held list, or to be looked at. */
  readonly notAdopted: readonly { readonly number: string; readonly why: string }[];
}

const SINCE_LIVE =
  'it was created after this shop went live, so another sender is at work: find and stop it, then relay orders show';
const UNREADABLE = 'the shop shows it in a shape that cannot be read';
const MOST_NAMED = 1_000;

/**
 * `relay import`: orders that an earlier sender handed over are adopted, so that their statuses and tracking are
 * followed. Nothing is sent, and nothing is written into the shop before HFT71 tells a status. May be run again at any
 * time. @throws CallFailure where the shop does not answer: what was done stays.
 */
export async function importOrders(
  relay: Relay,
  shop: ConnectedShop,
  options: ImportOptions,
): Promise<{ readonly kind: 'imported'; readonly imported: Imported } | Refusal> {
  const view = await loadShop(relay.ledger, shop.id);
  if (view === null || view.mode === 'connecting' || view.mode === 'going_live')
    return refused(
      `shop ${shop.id} is ${view?.mode === 'going_live' ? 'going live at this moment' : 'not connected yet'}`,
      'wait until relay mode shows it as shadow or live',
    );
  const count = {
    looked: 0,
    withId: 0,
    known: 0,
    adopted: 0,
    cancelled: 0,
    notAdopted: [] as Imported['notAdopted'][0][],
  };
  const from = options.windowMs === null ? new Date(0) : new Date(Date.now() - options.windowMs);
  try {
    for await (const { orders, unreadableIds } of walkModifiedSince(shop.woocommerce, gmt(from))) {
      count.looked += orders.length + unreadableIds.length;
      for (const id of unreadableIds) count.notAdopted.push({ number: String(id), why: UNREADABLE });
      const withId = orders.filter((order) => idOf(order) !== null);
      count.withId += withId.length;
      const known = await ledgerSideOf(
        relay.ledger,
        shop.id,
        withId.map(({ id }) => id),
      );
      for (const order of withId) {
        const why = await takeOver(relay, shop, { order, view, side: known.get(order.id), options });
        if (typeof why === 'string') count[why] += 1;
        else if (count.notAdopted.length < MOST_NAMED) count.notAdopted.push({ number: order.number, why: why.why });
        options.onProgress?.(count);
      }
      options.onProgress?.(count);
    }
  } catch (error) {
    if (!(error instanceof HandOffFailed)) throw error;
    return refused(
      `${error.message}; ${count.adopted} orders were taken over before`,
      'run relay import again once HFT71 answers (relay shop check): what was taken over stays',
    );
  } finally {
    // Each order that it has touched has a row of its own, also where it was not adopted and is held now.
    if (!options.dryRun)
      await writeAudit(relay.ledger, {
        actor: options.actor,
        action: 'import',
        subject: shop.id,
        details: { ...count, notAdopted: count.notAdopted.length },
      });
  }
  return { kind: 'imported', imported: count };
}

interface Candidate {
  readonly order: ShopOrder;
  readonly view: ShopView;
  readonly side: ReconciledOrder | undefined;
  readonly options: ImportOptions;
}

async function takeOver(
  relay: Relay,
  shop: ConnectedShop,
  { order, view, side, options }: Candidate,
): Promise<'known' | 'adopted' | 'cancelled' | { why: string }> {
  const hft71OrderId = idOf(order) ?? '';
  if (side?.hft71OrderId === hft71OrderId) return 'known';
  if (side?.hft71OrderId != null) return { why: `the ledger has ${side.hft71OrderId}, the shop shows ${hft71OrderId}` };
  if (CANCELLED_STATUSES.includes(order.status)) return 'cancelled';
  const isOpen = ['in_doubt', 'held', 'rejected'].includes(side?.state ?? '');
  const isSinceLive =
    view.mode === 'live' && view.liveAt !== null && new Date(`${order.dateCreatedGmt}Z`) > view.liveAt;
  if (isSinceLive && !isOpen) return { why: `id ${hft71OrderId}: ${SINCE_LIVE}` };
  if (options.dryRun) return 'adopted';

  // A doubt or a hold of the relay's own is only looked at: whatever comes of it, its rules stay as they were.
  const beforeLive = !isOpen;
  // What rests of it with the relay, by the one statement in which every way in ends; held before it is judged.
  const { notTaken } = await takePage(
    intakeContext(relay),
    shop,
    { orders: [order], unreadableIds: [] },
    { seenBy: 'import', beforeLive },
  );
  if (notTaken.length > 0) return { why: 'it cannot be stored as the shop shows it' };
  const reference = makeReference(order, shop.reference);
  const intentId = await holdForAdoption(relay.ledger, {
    ...{ shopId: shop.id, orderId: order.id, hft71OrderId, reference, beforeLive },
    actor: options.actor,
  });
  const intent = intentId === null ? null : await loadIntent(relay.ledger, intentId);
  if (intent === null) return { why: 'the shop showed another id a moment later' };
  await roomForRead(shop);
  const what = await adoptShownId(
    { ledger: relay.ledger, log: relay.log, onProgress: () => undefined },
    shop,
    intent,
    hft71OrderId,
  );
  if (what === 'adopted') return 'adopted';
  return { why: what === 'not-adoptable' ? `it is ${intent.state} at this moment` : what };
}

/** Each adoption costs a read at HFT71: as fast as the budget grants them, without taking what live orders need. */
async function roomForRead({ budget }: ConnectedShop): Promise<void> {
  for (;;) {
    const { free, waitMs } = await budget.room('update');
    if (free > 0) return;
    await sleep(Math.min(Math.max(waitMs, 10), 5_000));
  }
}

function idOf(order: ShopOrder): string | null {
  return metaText(order, SHOP_META.hft71OrderId);
}
