import { lineRule } from '@relay/handoff';
import { ledgerSideOf, loadShop } from '@relay/ledger';
import { walkModifiedSince } from '@relay/woocommerce';
import { refused, type Refusal } from './held-orders.js';
import { gmt } from './reconcile-shop.js';
import type { ConnectedShop, Relay } from './relay.js';
import { compareAtHft71, FRESH_MS, judgeInShadow } from './shadow-compare.js';

export interface ShadowReport {
  readonly shop: string;
  readonly from: Date;
  /** Nothing that was compared stands against going live. */
  readonly ready: boolean;
  /** Why not. */
  readonly reasons: readonly string[];
  /** Beside the verdict: what was not compared, and why. */
  readonly notes: readonly string[];
  readonly counts: {
    readonly looked: number;
    /** Older than the connection: the relay was not there to judge them. */
    readonly before: number;
    readonly both: number;
    /** Of both: read back at HFT71. */
    readonly compared: number;
    readonly fresh: number;
    readonly neither: number;
  };
  readonly onlyRelay: readonly Named[];
  readonly onlyPlugin: readonly Named[];
  readonly differences: readonly Named[];
  /** They would be held: what is to be mended in the shop. */
  readonly faults: readonly Named[];
}

interface Named {
  readonly orderId: number;
  readonly number: string;
  readonly why: string;
}

export interface ShadowReportOptions {
  readonly windowMs: number;
  /** Read the plugin's orders back at HFT71: two calls each. */
  readonly hft71: boolean;
  readonly onProgress?: (counts: ShadowReport['counts']) => void;
}

/** Read back at HFT71 at most; with 60 calls a minute that takes some minutes. */
const MOST_COMPARED = 200;

/**
 * What the relay would have sent, against what the plugin sent: of each order that the shop changed in the window, since
 * the relay is connected. Changes nothing anywhere.
 */
export async function shadowReport(
  relay: Relay,
  shop: ConnectedShop,
  options: ShadowReportOptions,
): Promise<{ readonly kind: 'report'; readonly report: ShadowReport } | Refusal> {
  const view = await loadShop(relay.ledger, shop.id);
  if (view === null || view.baselineAt === null || view.mode === 'connecting')
    return refused(
      `shop ${shop.id} is not connected yet`,
      'start a worker and wait for its baseline: relay shop check',
    );
  if (view.mode !== 'shadow')
    return refused(
      `shop ${shop.id} is ${view.mode.replace('_', ' ')}: the relay sends itself`,
      'relay reconcile compares shop, ledger and HFT71',
    );
  if (shop.lines === null)
    return refused('HFT71_LINES is not set', 'relay shop check shows what each choice would send: choose one');
  const counts = { looked: 0, before: 0, both: 0, compared: 0, fresh: 0, neither: 0 };
  const named = {
    onlyRelay: [] as Named[],
    onlyPlugin: [] as Named[],
    differences: [] as Named[],
    faults: [] as Named[],
  };
  const listOf = { 'only-relay': named.onlyRelay, 'only-plugin': named.onlyPlugin, fault: named.faults } as const;
  const from = new Date(Date.now() - options.windowMs);
  for await (const { orders, unreadableIds } of walkModifiedSince(shop.woocommerce, gmt(from))) {
    counts.looked += unreadableIds.length;
    for (const orderId of unreadableIds)
      named.faults.push({ orderId, number: String(orderId), why: 'the shop shows it in a shape that cannot be read' });
    const known = await ledgerSideOf(
      relay.ledger,
      shop.id,
      orders.map(({ id }) => id),
    );
    for (const order of orders) {
      counts.looked += 1;
      const side = known.get(order.id);
      if (side?.inBaseline === true || new Date(`${order.dateCreatedGmt}Z`) < wholeSecond(view.baselineAt)) {
        counts.before += 1;
        continue;
      }
      const lines = await lineRule(relay.ledger, shop, order);
      if (lines === null)
        return refused(
          'no complete stock feed yet (HFT71_LINES=feed)',
          'wait until a worker has read it: relay status',
        );
      const verdict = await judgeInShadow(shop, order, { side, lines, nowMs: Date.now() });
      const { id: orderId, number } = order;
      switch (verdict.kind) {
        case 'both':
          counts.both += 1;
          if (options.hft71 && counts.compared < MOST_COMPARED) {
            for (const why of await compareAtHft71(shop, order, verdict))
              named.differences.push({ orderId, number, why });
            counts.compared += 1;
          }
          break;
        case 'fresh':
        case 'neither':
          counts[verdict.kind] += 1;
          break;
        default:
          listOf[verdict.kind].push({ orderId, number, why: verdict.why });
      }
      options.onProgress?.(counts);
    }
  }
  const reasons = reasonsAgainst({ counts, ...named, shopFault: view.fault });
  const report = { shop: shop.id, from, ready: reasons.length === 0, reasons, notes: notesOn(counts, options), counts };
  return { kind: 'report', report: { ...report, ...named } };
}

type Found = Pick<ShadowReport, 'counts' | 'onlyRelay' | 'onlyPlugin' | 'differences' | 'faults'> & {
  readonly shopFault: string | null;
};

function reasonsAgainst({ counts, onlyRelay, onlyPlugin, differences, faults, shopFault }: Found): string[] {
  const reasons: string[] = [];
  if (shopFault !== null) reasons.push(`the shop could not be read lately: ${shopFault}`);
  if (counts.both === 0)
    reasons.push(
      'no order was handled by both, so nothing proves that they agree: wait until the plugin has sent some, or take a longer --window',
    );
  if (onlyPlugin.length > 0)
    reasons.push(
      `${onlyPlugin.length} sent by the plugin would not be sent: mend HFT71_LINES, WC_SENDABLE_STATUSES or the orders`,
    );
  if (onlyRelay.length > 0)
    reasons.push(
      `${onlyRelay.length} not sent by the plugin would be sent: either the plugin lost them, or HFT71_LINES takes too much`,
    );
  if (differences.length > 0) reasons.push(`${differences.length} differ in what was sent`);
  if (faults.length > 0) reasons.push(`${faults.length} would be held for mapping: mend the named lines or fields`);
  return reasons;
}

function notesOn({ both, compared, fresh }: ShadowReport['counts'], { hft71 }: ShadowReportOptions): string[] {
  const notes = ['HFT71 tells the SKUs of an order and not their quantities: compare a few by hand.'];
  if (!hft71) notes.push('HFT71 was not asked (--no-hft71): the lines are not compared.');
  else if (compared < both) notes.push(`${compared} of ${both} were read back at HFT71.`);
  if (fresh > 0)
    notes.push(`${fresh} changed less than ${FRESH_MS / 60_000} min ago: the plugin may not have come to them.`);
  return notes;
}

/** The shop's dates have no fraction. */
function wholeSecond(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}
