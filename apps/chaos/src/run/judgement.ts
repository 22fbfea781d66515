import type { Counted } from '@relay/testing';
import type { SandboxRecord } from '../world/record.js';

/** What the ledger says of orders that were not sent: its held list, its doubts, and orders that it could not take in. */
export interface ListedOrders {
  readonly held: ReadonlySet<number>;
  readonly inDoubt: ReadonlySet<number>;
}

export interface Judgement {
  readonly orders: number;
  readonly duplicates: number;
  /** Neither at HFT71 nor on a list. */
  readonly lost: number;
  /** On the held list for another reason than a doubt, refused, or not taken in. */
  readonly held: number;
  /** In doubt, or held for it. */
  readonly inDoubt: number;
  /** Requests that reached HFT71 beyond its limit; where refusals are expected, those of them that it did not refuse. */
  readonly overLimit: number;
  /** Sent though nobody ordered it, or though it is not HFT71's. */
  readonly strays: number;
  /** References of HFT71's that two of the shop's orders share. */
  readonly sharedReferences: number;
}

/**
 * The independent counter's figures, from which only those losses are taken off that the record shows unsent and that
 * the ledger lists by their id.
 */
export function judge(
  counted: Counted,
  record: SandboxRecord,
  listed: ListedOrders,
  expectsRefusals = false,
): Judgement {
  const unsent = unsentOrders(record);
  const listedUnsent = unsent.filter((id) => listed.held.has(id) || listed.inDoubt.has(id)).length;
  return {
    orders: counted.orders,
    duplicates: counted.duplicates,
    lost: counted.lost - listedUnsent,
    held: listed.held.size,
    inDoubt: listed.inDoubt.size,
    overLimit: record.requests.filter(
      ({ overLimit, status }) => overLimit === true && !(expectsRefusals && status === 429),
    ).length,
    strays: counted.unmarked + counted.notHft71sButSent,
    sharedReferences: sharedReferences(record),
  };
}

/** The shop's ids of what the counter calls lost: in processing at the end, HFT71's, and never accepted. */
function unsentOrders({ shopOrders, accepted }: SandboxRecord): number[] {
  const sent = new Set(accepted.map(({ marker }) => marker));
  const last = new Map(shopOrders.map((line) => [line.marker, line]));
  return [...last.values()]
    .filter(({ marker, status, hft71 }) => status === 'processing' && hft71 && !sent.has(marker))
    .map(({ id }) => id);
}

function sharedReferences({ accepted }: SandboxRecord): number {
  const markers = new Map<string, Set<string>>();
  for (const { referenceId, marker } of accepted)
    markers.set(referenceId, (markers.get(referenceId) ?? new Set()).add(marker));
  return [...markers.values()].filter(({ size }) => size > 1).length;
}
