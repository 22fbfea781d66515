import type { AcceptedEntry, OrderEntry } from './record.js';

export interface Counted {
  /** The shop's orders that have a line of HFT71's and were once in processing. */
  orders: number;
  /** Those of them that HFT71 accepted at least once. */
  sent: number;
  writtenBack: number;
  /** Accepted orders beyond the first of a marker. */
  duplicates: number;
  /** Still in processing, and never accepted. The caller takes off what the product lists as held. */
  lost: number;
  /** Accepted orders whose marker no order of the shop ever had. */
  unmarked: number;
  notHft71sButSent: number;
  /** HFT71's, accepted, and never once in processing. */
  sentOutsideProcessing: number;
}

interface Story {
  /** Whether it ever had a line of HFT71's, and whether it has one now. */
  hft71: boolean;
  hft71Now: boolean;
  sendable: boolean;
  status: string;
  hft71OrderId: string | null;
}

/** The lines of the record, in the order in which they were written. Everything is compared as text. */
export function countOrders(orderLines: Iterable<OrderEntry>, accepted: Iterable<AcceptedEntry>): Counted {
  const stories = new Map<string, Story>();
  for (const { marker, status, hft71, hft71OrderId, everSendable } of orderLines) {
    const before = stories.get(marker);
    stories.set(marker, {
      hft71: hft71 || before?.hft71 === true,
      hft71Now: hft71,
      sendable: status === 'processing' || everSendable === true || before?.sendable === true,
      status,
      hft71OrderId,
    });
  }
  const idsByMarker = new Map<string, string[]>();
  for (const { marker, hft71OrderId } of accepted)
    idsByMarker.set(marker, [...(idsByMarker.get(marker) ?? []), String(hft71OrderId)]);
  const counted: Counted = {
    orders: 0,
    sent: 0,
    writtenBack: 0,
    duplicates: 0,
    lost: 0,
    unmarked: 0,
    notHft71sButSent: 0,
    sentOutsideProcessing: 0,
  };
  for (const [marker, story] of stories) {
    const ids = idsByMarker.get(marker) ?? [];
    if (ids.length > 1) counted.duplicates += ids.length - 1;
    if (!story.hft71 && ids.length > 0) counted.notHft71sButSent += 1;
    if (story.hft71 && !story.sendable && ids.length > 0) counted.sentOutsideProcessing += 1;
    if (!story.hft71 || !story.sendable) continue;
    counted.orders += 1;
    if (ids.length > 0) counted.sent += 1;
    else if (story.status === 'processing' && story.hft71Now) counted.lost += 1;
    if (story.hft71OrderId !== null && ids.includes(String(story.hft71OrderId))) counted.writtenBack += 1;
  }
  for (const [marker, ids] of idsByMarker) if (!stories.has(marker)) counted.unmarked += ids.length;
  return counted;
}
