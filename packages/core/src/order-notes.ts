/**
 * What the shop's own people read on an order, beside the notes on HFT71's statuses: private notes, in a merchant's words,
 * without customer data and without commands.
 */

/** @param copy 1, and 2, 3, … for reprints. */
export function sentNote(hft71OrderId: string, copy: number): string {
  return copy === 1
    ? `HFT71 has accepted this order, as ${hft71OrderId}.`
    : `HFT71 makes this order once more (reprint R${copy}), as ${hft71OrderId}.`;
}

/** @param detail of the reason, as the held list shows it: the line, the field, the SKU, a person's words. */
export function heldNote(held: {
  readonly reason: string;
  readonly detail: string | null;
  readonly copy: number;
}): string {
  const { reason, detail, copy } = held;
  const what = copy === 1 ? 'This order' : `The reprint R${copy} of this order`;
  const why = copy > 1 && reason === 'mapping' ? REPRINT_UNMAPPED : (WHY_HELD[reason] ?? whyByPattern(reason));
  // A person's reason and a fault of mapping say what it is about; other details are for whoever operates the relay.
  const about = detail !== null && (reason === 'person' || reason === 'mapping') ? ` (${detail})` : '';
  return `${what} is held and does not go to HFT71 by itself: ${why}${about}.`;
}

const REPRINT_UNMAPPED = 'HFT71 could not make it as it stands here. Once it is mended, somebody has to let it go';

const WHY_HELD: Readonly<Record<string, string>> = {
  'in-doubt': 'HFT71 gave no clear answer, and may have it already; somebody has to look there',
  conflict: 'HFT71 may have it twice; somebody has to look there',
  exists: 'HFT71 says that it has it already; somebody has to look there',
  'reference-taken': 'HFT71 has another order under its number',
  'restored-after-cancel': 'it was cancelled at HFT71 and is wanted again here',
  person: 'a person holds it back',
  deadline: 'it could not be sent for a whole day; somebody has to look why',
  mapping: 'HFT71 could not make it as it stands here. Mend it, and it goes',
};

function whyByPattern(reason: string): string {
  if (reason.startsWith('id-belongs-to-order-')) {
    const other = reason.slice('id-belongs-to-order-'.length);
    return `it shows the HFT71 id of order ${other}; it may be a copy`;
  }
  return 'somebody has to look at it';
}
