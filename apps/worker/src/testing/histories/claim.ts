import { LATER_SKU, type Playing } from './playing.js';

interface IntentRow {
  readonly orderId: number;
  readonly copy: number;
  readonly state: string;
  readonly reason: string | null;
  readonly reference: string | null;
  readonly hft71OrderId: string | null;
}

const DONE = ['written_back', 'adopted'];
const NOT_SENT = ['cancelled', 'skipped', 'not_for_hft71', 'shadowed', 'rejected'];

export interface Ended {
  /** By state and, where it is held, its reason: what the histories came to. */
  readonly states: readonly string[];
  readonly acceptedOrders: number;
}

/** The guarantee, of a history that has come to rest. @returns what is broken, in words; empty when it holds. */
export async function breaches(playing: Playing): Promise<{ broken: string[]; ended: Ended }> {
  const { database, hft71, shop, orderIds } = playing;
  const intents = await database.ledger.pool.query<IntentRow>(
    `select order_id::int as "orderId", copy, state, reason, reference, hft71_order_id as "hft71OrderId"
     from intent where kind <> 'write_back' and order_id > 1 order by order_id, copy`,
  );
  const forgotten = await database.ledger.pool.query<{ what: string }>('select what from steered.forgotten');
  const broken = forgotten.rows.map(({ what }) => `the ledger forgot or overruled: ${what}`);
  const at = (reference: string | null) => hft71.orders.filter(({ referenceId }) => referenceId === reference);

  for (const reference of new Set(hft71.orders.map(({ referenceId }) => referenceId)))
    if (at(reference).length > 1) broken.push(`HFT71 has ${at(reference).length} orders under ${reference}`);

  for (const intent of intents.rows) broken.push(...breachesOf(intent));
  for (const id of orderIds) {
    const order = shop.orders.get(id);
    const isHft71s = playing.feed.includes(LATER_SKU) || order?.lines[0]?.sku !== LATER_SKU;
    if (order?.status !== 'processing' || !isHft71s) continue;
    const intent = intents.rows.find(({ orderId, copy }) => orderId === id && copy === 1);
    if (intent === undefined) broken.push(`order ${id} is sendable, and the ledger does not know it`);
    else if (!DONE.includes(intent.state) && !isListed(intent))
      broken.push(`order ${id} is sendable, and ${intent.state}: neither at HFT71 nor on the list`);
  }
  const states = intents.rows.map(({ state, reason }) => (state === 'held' ? `held: ${reason ?? '?'}` : state));
  return { broken, ended: { states, acceptedOrders: hft71.orders.length } };

  function breachesOf({ orderId, copy, state, reference, hft71OrderId }: IntentRow): string[] {
    const there = at(reference);
    const name = `order ${orderId}${copy === 1 ? '' : ` (copy ${copy})`}`;
    // An order that is deleted in the shop stays `sent`: there is nothing to write its id to.
    const isDone = DONE.includes(state) || (state === 'sent' && !shop.orders.has(orderId));
    if (['waiting', 'ready', 'sending', 'in_doubt'].includes(state) || (state === 'sent' && !isDone))
      return [`${name} is still ${state}`];
    if (isDone) {
      const isThere = there.some((order) => order.orderId === hft71OrderId);
      const shown = shop.orders.get(orderId)?.meta.find(({ key }) => key === '_hft71_order_id')?.value;
      const isShown = copy > 1 || !shop.orders.has(orderId) || shown === hft71OrderId;
      return [
        ...(isThere ? [] : [`${name} is ${state} as ${hft71OrderId ?? '?'}, which HFT71 does not have`]),
        ...(isShown ? [] : [`${name} is ${state} as ${hft71OrderId ?? '?'}, and the shop shows ${String(shown)}`]),
      ];
    }
    // A cancellation that an undeclared restore brought back is older than what the ledger forgot.
    const isForgotten =
      playing.forgottenSince !== null && there.every((order) => order.at >= (playing.forgottenSince ?? 0));
    return NOT_SENT.includes(state) && there.length > 0 && !isForgotten
      ? [`${name} is ${state}, and HFT71 has it`]
      : [];
  }
}

/** On the list of `relay orders held`, with its reason. */
function isListed({ state, reason }: IntentRow): boolean {
  return state === 'held' || state === 'rejected' ? reason !== null : false;
}
