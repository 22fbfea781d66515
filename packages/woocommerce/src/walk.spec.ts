import { plusSeconds } from './gmt-seconds.js';
import { FakeOrderList } from './order-list.fake.js';
import { walkByStatus, walkModifiedSince } from './walk.js';
import type { OrderLister } from './walk-key.js';

const START = '2026-11-23T10:00:00';
const CLOCK = '2026-11-23T12:00:00';

let list: FakeOrderList;
beforeEach(() => {
  list = new FakeOrderList(CLOCK);
});

async function walk(from = START) {
  const ids: number[] = [];
  let greatest: string | null = null;
  for await (const page of walkModifiedSince(list, from)) {
    ids.push(...page.orders.map((order) => order.id));
    greatest = page.greatestModifiedGmt;
  }
  return { ids, greatest };
}

async function walkStatus(statuses = ['processing']) {
  const ids: number[] = [];
  for await (const page of walkByStatus(list, statuses)) ids.push(...page.orders.map((order) => order.id));
  return ids;
}

const sorted = (ids: number[]) => [...ids].sort((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('the walk over what was modified', () => {
  test('yields nothing on a shop at rest', async () => {
    list.put(1, '2026-11-23T09:59:59');
    expect(await walk()).toEqual({ ids: [], greatest: null });
    expect(list.asked).toHaveLength(1);
  });

  test('begins with the second of the mark itself', async () => {
    list.put(1, '2026-11-23T09:59:59');
    list.put(2, START);
    expect(await walk()).toEqual({ ids: [2], greatest: START });
  });

  test('yields each order once, over many pages', async () => {
    for (const id of upTo(950)) list.put(id, plusSeconds(START, Math.floor(id / 7)));
    const { ids, greatest } = await walk();
    expect(sorted(ids)).toEqual(upTo(950));
    expect(greatest).toBe(plusSeconds(START, 135));
    expect(list.asked).toHaveLength(10);
  });

  test.each([100, 101, 500, 800, 1234])('gets through %i orders in one second', async (count) => {
    for (const id of upTo(count)) list.put(id, plusSeconds(START, 30));
    list.put(90_000, plusSeconds(START, 10));
    list.put(90_001, plusSeconds(START, 31));
    const { ids, greatest } = await walk();
    expect(sorted(ids)).toEqual([...upTo(count), 90_000, 90_001]);
    expect(greatest).toBe(plusSeconds(START, 31));
  });

  test('gets through long ids in one second within the length of an address', async () => {
    const base = 9_000_000_000;
    for (const id of upTo(900)) list.put(base + id, plusSeconds(START, 30));
    expect((await walk()).ids).toHaveLength(900);
  });

  test('meets an order again that changes while its second is read', async () => {
    for (const id of upTo(450)) list.put(id, plusSeconds(START, 30));
    let changed: number | undefined;
    list.beforeAnswer = ({ exclude = [] }) => {
      const [first] = exclude;
      if (exclude.length < 200 || first === undefined || changed !== undefined) return;
      changed = first;
      list.put(changed, plusSeconds(START, 60));
    };
    const { ids, greatest } = await walk();
    expect(sorted([...new Set(ids)])).toEqual(upTo(450));
    expect(ids.filter((id) => id === changed)).toHaveLength(2);
    expect(greatest).toBe(plusSeconds(START, 60));
  });

  test('loses none when orders change while it lasts', async () => {
    for (const id of upTo(600)) list.put(id, plusSeconds(START, id));
    let next = 1;
    list.beforeAnswer = () => {
      for (let n = 0; n < 5; n++) list.put(next, plusSeconds(START, 700 + next++));
    };
    expect(sorted([...new Set((await walk()).ids)])).toEqual(upTo(600));
  });

  test('ends on a shop that changes faster than it is read', async () => {
    for (const id of upTo(300)) list.put(id, plusSeconds(START, id));
    let at = CLOCK;
    list.beforeAnswer = () => {
      at = plusSeconds(at, 1);
      for (const id of upTo(300)) if (list.asked.length > 3 || id > 250) list.put(id, plusSeconds(at, id % 3));
    };
    const { greatest } = await walk();
    expect((greatest ?? '') <= CLOCK).toBe(true);
  });

  test('is not led astray by an order that changes while its page is made', async () => {
    for (const id of upTo(600)) list.put(id, plusSeconds(START, id));
    let changed: number | undefined;
    list.beforeLoad = (ids) => {
      if (list.asked.length !== 2) return;
      changed = ids.at(-1);
      list.put(changed ?? 0, plusSeconds(CLOCK, 1));
    };
    const { ids } = await walk();
    expect(changed).toBeGreaterThan(100);
    expect(sorted([...new Set(ids)])).toEqual(upTo(600));
  });

  test('an order dated in the future does not carry the mark with it', async () => {
    list.put(1, plusSeconds(CLOCK, 999_999));
    expect(await walk()).toEqual({ ids: [1], greatest: CLOCK });
  });

  test('says so when the shop does not sort', async () => {
    for (const id of upTo(100)) list.put(id, plusSeconds(START, id));
    const unsorted: OrderLister = {
      listOrders: async () => {
        const { orders, ...rest } = await list.listOrders({ perPage: 100, orderBy: 'modified', order: 'asc' });
        return { ...rest, orders: [...orders].reverse() };
      },
    };
    const read = async () => {
      for await (const page of walkModifiedSince(unsorted, plusSeconds(START, 50)))
        expect(page.orders).toHaveLength(100);
    };
    await expect(read()).rejects.toMatchObject({ code: 'unsorted-list' });
  });
});

describe('the walk over statuses', () => {
  test('finds all, however old, each once', async () => {
    for (const id of upTo(730)) list.put(id, CLOCK, plusSeconds('1999-01-01T00:00:00', Math.floor(id / 3) * 86_400));
    list.put(9000, CLOCK, START, 'completed');
    expect(sorted(await walkStatus())).toEqual(upTo(730));
  });

  test('finds all of an import in one second', async () => {
    for (const id of upTo(1500)) list.put(id, CLOCK, START);
    expect(sorted(await walkStatus())).toEqual(upTo(1500));
  });

  test.each([1, 3])('misses none that stays, while others leave (orders in one second: %s)', async (perSecond) => {
    for (const id of upTo(900)) list.put(id, CLOCK, plusSeconds(START, Math.floor(id / perSecond)));
    let leaving = 1;
    list.beforeAnswer = () => {
      for (let n = 0; n < 20; n++, leaving += 2)
        if (list.rows.has(leaving)) list.put(leaving, CLOCK, START, 'completed');
    };
    const ids = await walkStatus();
    for (const id of upTo(900).filter((id) => id % 2 === 0)) expect(ids).toContain(id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('misses none of a large second that others leave', async () => {
    for (const id of upTo(1200)) list.put(id, CLOCK, START);
    let departures = 0;
    list.beforeAnswer = ({ offset }) => {
      if (offset === undefined || departures >= 3) return;
      departures += 1;
      const gone = [...list.rows.values()].find((row) => row.status === 'processing' && row.id % 2 === 1);
      if (gone !== undefined) list.put(gone.id, CLOCK, START, 'completed');
    };
    const ids = await walkStatus();
    for (const id of upTo(1200).filter((id) => id % 2 === 0)) expect(ids).toContain(id);
  });

  test('asks for nothing without a status', async () => {
    expect(await walkStatus([])).toEqual([]);
    expect(list.asked).toEqual([]);
  });
});

describe('orders that cannot be read', () => {
  test('are told by their id, and hide none of the others', async () => {
    for (const id of upTo(250)) list.put(id, plusSeconds(START, Math.floor(id / 3)));
    [1, 50, 100, 101, 250].forEach((id) => list.unreadable.add(id));
    const told = new Set<number>();
    const seen = new Set<number>();
    for await (const page of walkByStatus(list, ['processing'])) {
      page.unreadableIds.forEach((id) => told.add(id));
      page.orders.forEach(({ id }) => seen.add(id));
    }
    expect([...told].sort((a, b) => a - b)).toEqual([1, 50, 100, 101, 250]);
    expect(seen.size).toBe(245);
  });

  test('left out by the shop itself, they do not cut the walk short', async () => {
    for (const id of upTo(250)) list.put(id, plusSeconds(START, id));
    [7, 120, 200].forEach((id) => list.dropped.add(id));
    const seen = new Set<number>();
    for await (const page of walkByStatus(list, ['processing'])) page.orders.forEach(({ id }) => seen.add(id));
    expect(seen.size).toBe(247);
  });

  test('in one second that fills a page', async () => {
    for (const id of upTo(230)) list.put(id, START);
    [3, 150].forEach((id) => list.unreadable.add(id));
    const seen = new Set<number>();
    const told = new Set<number>();
    for await (const page of walkModifiedSince(list, START)) {
      page.orders.forEach(({ id }) => seen.add(id));
      page.unreadableIds.forEach((id) => told.add(id));
    }
    expect([seen.size, told.size]).toEqual([228, 2]);
  });
});

describe('a shop that does not keep to what was asked', () => {
  test('caps the page: all of a second that is larger are read', async () => {
    list.cap = 50;
    list.put(1, START);
    for (const id of upTo(80)) list.put(1 + id, plusSeconds(START, 5));
    list.put(82, plusSeconds(START, 9));
    expect(sorted((await walk()).ids)).toEqual(upTo(82));
  });

  test('caps the page and tells no total: all are read', async () => {
    list.cap = 50;
    list.hidesTotal = true;
    for (const id of upTo(180)) list.put(id, plusSeconds(START, id > 100 ? id : 5));
    expect(sorted((await walk()).ids)).toEqual(upTo(180));
  });

  test('tells no total: a few orders cost one call more', async () => {
    list.hidesTotal = true;
    for (const id of upTo(5)) list.put(id, plusSeconds(START, id));
    expect((await walk()).ids).toEqual(upTo(5));
    expect(list.asked).toHaveLength(2);
  });

  test('tells no total: a second too large for `exclude` is read until nothing leaves it any more', async () => {
    list.hidesTotal = true;
    for (const id of upTo(1200)) list.put(id, CLOCK, START);
    let departures = 0;
    list.beforeAnswer = ({ offset }) => {
      if (offset === undefined || departures >= 3) return;
      departures += 1;
      const gone = [...list.rows.values()].find((row) => row.status === 'processing' && row.id % 2 === 1);
      if (gone !== undefined) list.put(gone.id, CLOCK, START, 'completed');
    };
    const ids = await walkStatus();
    for (const id of upTo(1200).filter((id) => id % 2 === 0)) expect(ids).toContain(id);
  });

  test('cannot load one order of a second that fills pages: the others are read', async () => {
    for (const id of upTo(300)) list.put(id, START);
    list.put(301, plusSeconds(START, 1));
    list.dropped.add(150);
    expect(new Set((await walk()).ids).size).toBe(300);
  });

  test.each(['in a row', 'in one second'])('cannot load 100 orders %s: those behind are read', async (how) => {
    for (const id of upTo(150)) list.put(id, plusSeconds(START, how === 'in a row' ? id : Math.floor(id / 101)));
    for (const id of upTo(100)) list.dropped.add(id);
    expect(sorted((await walk()).ids)).toEqual(upTo(150).slice(100));
  });

  test('cannot load an order at the end: one call more learns that no page is missing', async () => {
    for (const id of upTo(5)) list.put(id, plusSeconds(START, id));
    for (const id of upTo(100)) list.put(1000 + id, plusSeconds(START, -id));
    list.dropped.add(3);
    expect((await walk()).ids).toEqual([1, 2, 4, 5]);
    expect(list.asked).toHaveLength(2);
  });

  test('shows 100 orders in a row that nobody can read: they are told, and those behind are read', async () => {
    for (const id of upTo(150)) list.put(id, plusSeconds(START, id));
    for (const id of upTo(100)) list.unreadable.add(id);
    const told = new Set<number>();
    const ids: number[] = [];
    for await (const page of walkModifiedSince(list, START)) {
      page.unreadableIds.forEach((id) => told.add(id));
      ids.push(...page.orders.map((order) => order.id));
    }
    expect([...told]).toEqual(upTo(100));
    expect(sorted(ids)).toEqual(upTo(150).slice(100));
  });

  test('cannot load anything: the walk says so', async () => {
    for (const id of upTo(150)) list.put(id, plusSeconds(START, id));
    for (const id of upTo(150)) list.dropped.add(id);
    await expect(walk()).rejects.toMatchObject({ code: 'unreadable-page' });
  });

  test('cannot load a whole page and tells no total: the walk says so', async () => {
    list.hidesTotal = true;
    for (const id of upTo(150)) list.put(id, plusSeconds(START, id));
    for (const id of upTo(100)) list.dropped.add(id);
    await expect(walk()).rejects.toMatchObject({ code: 'unreadable-page' });
  });

  test.each([100, 130, 300])('ignores `exclude` in a second of %i orders: all are read', async (count) => {
    list.ignoresExclude = true;
    for (const id of upTo(count)) list.put(id, START);
    list.put(1000, plusSeconds(START, 1));
    expect(sorted((await walk()).ids)).toEqual([...upTo(count), 1000]);
  });

  test('ignores `offset` and cannot load a whole page: the walk says so', async () => {
    list.ignoresOffset = true;
    for (const id of upTo(250)) list.put(id, plusSeconds(START, id));
    for (const id of upTo(100)) list.dropped.add(id);
    await expect(walk()).rejects.toMatchObject({ code: 'unsorted-list' });
  });

  test.each([false, true])('ignores `exclude` and `offset` (no total: %s): the walk says so', async (hidesTotal) => {
    Object.assign(list, { hidesTotal, ignoresExclude: true, ignoresOffset: true, random: () => 0 });
    for (const id of upTo(300)) list.put(id, START);
    await expect(walk()).rejects.toMatchObject({ code: 'unsorted-list' });
  });
});
