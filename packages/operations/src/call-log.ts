import { callsAfter, latestCalls, type CallFilter, type LoggedCall } from '@relay/ledger';
import { findOrder, type Refusal } from './held-orders.js';
import { emptyWindow } from './record-window.js';
import type { Relay } from './relay.js';

export type { LoggedCall } from '@relay/ledger';

/** As a person names it: an order by its number, its id, or HFT71's id. */
export interface CallSearch extends Omit<CallFilter, 'orderId' | 'afterId'> {
  readonly order?: string | undefined;
}

export type FoundCalls = { readonly kind: 'calls'; readonly calls: readonly LoggedCall[] } | Refusal;

/** `relay log`: the latest calls that fit, the oldest of them first. */
export async function searchCalls(relay: Relay, search: CallSearch): Promise<FoundCalls> {
  const filter = await filterOf(relay, search);
  return filter.kind === 'refused' ? filter : { kind: 'calls', calls: await latestCalls(relay.ledger, filter.filter) };
}

/** Lines whose batch was committed after one with greater ids: so far back it is looked again. */
const OUT_OF_ORDER = 2_000;
const MOST_A_LOOK = 5_000;
/** So long after its call a line may be written. */
const LATE_MS = 5_000;

/**
 * `relay log --follow`. @returns what is new since the last look, in the order of writing; the first look shows the
 * latest. Lines of several processes are committed out of order: none is shown twice, and none is left out.
 */
export async function callFollower(
  relay: Relay,
  search: CallSearch,
): Promise<{ kind: 'follower'; next: () => Promise<readonly LoggedCall[]> } | Refusal> {
  const found = await filterOf(relay, search);
  if (found.kind === 'refused') return found;
  const { filter } = found;
  let newest: number | null = null;
  let shown = new Set<number>();
  let newsSinceMs = -Infinity;
  return {
    kind: 'follower',
    async next() {
      const afterId = newest === null ? 0 : Math.max(0, newest - OUT_OF_ORDER);
      const lines =
        newest === null
          ? await latestCalls(relay.ledger, filter)
          : await callsAfter(relay.ledger, { ...filter, afterId, limit: MOST_A_LOOK });
      // What stood there before the first look, and was not among the latest, is no news.
      const fresh = lines.filter(({ id, at }) => !shown.has(id) && at.getTime() >= newsSinceMs);
      if (newest === null) newsSinceMs = (lines.at(-1)?.at.getTime() ?? -Infinity) - LATE_MS;
      newest = Math.max(newest ?? 0, ...fresh.map(({ id }) => id));
      shown = new Set([...shown, ...fresh.map(({ id }) => id)].filter((id) => id > (newest ?? 0) - OUT_OF_ORDER));
      return fresh;
    },
  };
}

async function filterOf(
  relay: Relay,
  { order, ...filter }: CallSearch,
): Promise<{ kind: 'filter'; filter: CallFilter } | Refusal> {
  const empty = emptyWindow(filter);
  if (empty !== null) return empty;
  if (order === undefined) return { kind: 'filter', filter };
  const found = await findOrder(relay, order, filter.shopId);
  if (found.kind === 'refused') return found;
  return { kind: 'filter', filter: { ...filter, shopId: found.order.shopId, orderId: found.order.orderId } };
}
