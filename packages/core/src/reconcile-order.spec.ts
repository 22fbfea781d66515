import {
  DISAGREEMENTS,
  hft71AgainstLedger,
  notSent,
  shopAgainstLedger,
  type LedgerSide,
  type ShopSide,
} from './reconcile-order.js';

const shop = (over: Partial<ShopSide> = {}): ShopSide => ({
  status: 'processing',
  hft71OrderId: null,
  lastStatus: null,
  reprintIds: [],
  ...over,
});
const known = (over: Partial<LedgerSide> = {}): LedgerSide => ({
  ...{ state: 'ready', reason: null, hft71OrderId: null, status: null, writesBack: false },
  ...{ mayBeAtHft71: false, reprints: [] },
  ...over,
});
const kinds = (order: ShopSide, ledger: LedgerSide | null, shadow = false) =>
  shopAgainstLedger(order, ledger, shadow).map(({ kind }) => kind);
const sent = known({ state: 'written_back', hft71OrderId: '7', status: 'Closed' });

test.each<[string, ShopSide, LedgerSide | null, string[]]>([
  ['nothing sent, nothing shown', shop(), known(), []],
  ['an order that neither had to do with', shop({ status: 'pending' }), null, []],
  ['sent, shown, with its status', shop({ hft71OrderId: '7', lastStatus: 'Closed' }), sent, []],
  ['an id that nobody knows', shop({ hft71OrderId: '7' }), null, ['sent-elsewhere']],
  ['an id where no hand-off was begun', shop({ hft71OrderId: '7' }), known({ state: null }), ['sent-elsewhere']],
  ['an id on an order that waits', shop({ hft71OrderId: '7' }), known(), ['id-not-in-ledger']],
  ['an id on an order in doubt', shop({ hft71OrderId: '7' }), known({ state: 'in_doubt' }), ['id-not-in-ledger']],
  ['an id on one that is on its way now', shop({ hft71OrderId: '7' }), known({ state: 'sending' }), []],
  ['another id', shop({ hft71OrderId: '8', lastStatus: 'x' }), sent, ['other-id']],
  ['no id', shop(), sent, ['id-not-in-shop']],
  ['no id yet', shop(), { ...sent, state: 'sent', writesBack: true }, []],
  ['no id on an order in the bin', shop({ status: 'trash' }), sent, []],
  ['an older status', shop({ hft71OrderId: '7', lastStatus: 'In Production' }), sent, ['shop-status-behind']],
  ['no status', shop({ hft71OrderId: '7' }), sent, ['shop-status-behind']],
  ['a status on its way', shop({ hft71OrderId: '7' }), { ...sent, writesBack: true }, []],
  ['no status read yet', shop({ hft71OrderId: '7' }), { ...sent, status: null }, []],
])('%s', (_what, order, ledger, expected) => {
  expect(kinds(order, ledger)).toEqual(expected);
});

test('a reprint’s id is looked for beside the others, and one that the ledger does not know is named', () => {
  const reprint = (isShown: boolean) => ({ copy: 2, hft71OrderId: '9', isShown });
  const both = (reprintIds: string[], isShown = true, over: Partial<ShopSide> = {}) =>
    shopAgainstLedger(
      shop({ hft71OrderId: '7', lastStatus: 'Closed', reprintIds, ...over }),
      { ...sent, reprints: [reprint(isShown)] },
      false,
    );
  expect(both(['9'])).toEqual([]);
  expect(both([])).toEqual([{ kind: 'reprint-not-in-shop', copy: 2, detail: 'the ledger has 9' }]);
  expect(both([], false)).toEqual([]); // on its way into the shop
  expect(both([], true, { status: 'trash' })).toEqual([]);
  expect(both(['9', '10'])).toEqual([{ kind: 'reprint-not-in-ledger', detail: 'the shop shows 10' }]);
  expect(kinds(shop({ reprintIds: ['10'] }), known(), true)).toEqual([]);
});

test('an order that the shop wants sent and that waits for a person is named, unless HFT71 may have it', () => {
  const found = (order: ShopSide, ledger: LedgerSide | null) => notSent(order, ledger, ['processing']);
  const refused = known({ state: 'rejected', reason: 'http-422' });
  expect(found(shop(), refused)).toEqual([{ kind: 'not-sent', detail: 'processing in the shop; rejected: http-422' }]);
  expect(found(shop(), known({ state: 'held', reason: 'mapping' }))).toMatchObject([{ kind: 'not-sent' }]);
  for (const ledger of [null, known(), known({ state: 'held', reason: 'in-doubt', mayBeAtHft71: true }), sent])
    expect(found(shop(), ledger)).toEqual([]);
  expect(found(shop({ status: 'completed' }), refused)).toEqual([]);
  expect(found(shop({ hft71OrderId: '7' }), refused)).toEqual([]);
});

test('in shadow the sender before the relay sends: its ids are as they should be', () => {
  expect(kinds(shop({ hft71OrderId: '7' }), null, true)).toEqual([]);
  expect(kinds(shop({ hft71OrderId: '7' }), known(), true)).toEqual([]);
  expect(kinds(shop({ hft71OrderId: '8' }), sent, true)).toEqual(['other-id']);
});

test('HFT71’s list is compared by SKU, in whatever order it comes', () => {
  const of = (rows: [string, string][]) => rows.map(([sku, status]) => ({ sku, status }));
  const statuses = of([['A', 'Closed'], ['B', 'In Production']]); // prettier-ignore
  expect(hft71AgainstLedger(statuses.toReversed(), { hft71OrderId: '7', statuses })).toEqual([]);
  expect(hft71AgainstLedger(of([['A', 'Closed']]), { hft71OrderId: '7', statuses })).toMatchObject([
    { kind: 'status-behind', detail: 'HFT71 tells A “Closed”, the ledger has A “Closed”, B “In Production”' },
  ]);
  expect(hft71AgainstLedger(statuses, { hft71OrderId: '7', statuses: null })).toEqual([]); // never read yet
  expect(hft71AgainstLedger(null, { hft71OrderId: '7', statuses })).toEqual([
    { kind: 'unknown-at-hft71', detail: 'id 7' },
  ]);
});

test('every kind says what to do', () => {
  for (const { what, toDo } of Object.values(DISAGREEMENTS))
    expect([what, toDo]).toEqual([/\w/, /\w.*\./].map((p) => expect.stringMatching(p) as string));
});
