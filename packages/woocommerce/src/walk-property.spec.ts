import { CallFailure } from '@relay/core';
import fc from 'fast-check';
import { plusSeconds } from './gmt-seconds.js';
import { FakeOrderList } from './order-list.fake.js';
import { walkByStatus, walkModifiedSince } from './walk.js';

const START = '2026-11-23T10:00:00';
const CLOCK = '2026-11-23T12:00:00';

const shop = fc
  .record({
    perPage: fc.integer({ min: 1, max: 12 }),
    cap: fc.integer({ min: 1, max: 12 }),
    hidesTotal: fc.boolean(),
    ignoresExclude: fc.boolean(),
    ignoresOffset: fc.boolean(),
    seed: fc.integer(),
    orders: fc.array(
      fc.record({
        second: fc.integer({ min: 0, max: 5 }),
        shows: fc.constantFrom('yes', 'yes', 'yes', 'unreadable', 'dropped'),
      }),
      { maxLength: 60 },
    ),
    droppedRun: fc.integer({ min: 0, max: 30 }),
  })
  // Without a total nobody can know of a whole page that does not show; with less than that, all must be found.
  .map((made) => {
    const dropped = new Set<number>();
    const most = made.hidesTotal ? Math.min(made.cap, made.perPage) - 1 : Infinity;
    made.orders.forEach(({ shows }, index) => {
      if ((shows === 'dropped' || index < made.droppedRun) && dropped.size < most) dropped.add(index + 1);
    });
    return { ...made, dropped };
  });

type Made = typeof shop extends fc.Arbitrary<infer T> ? T : never;

function listOf({ cap, hidesTotal, ignoresExclude, ignoresOffset, seed, orders, dropped }: Made): FakeOrderList {
  const list = new FakeOrderList(CLOCK);
  Object.assign(list, { cap, hidesTotal, ignoresExclude, ignoresOffset, random: randomOf(seed) });
  orders.forEach(({ second, shows }, index) => {
    const id = index + 1;
    list.put(id, plusSeconds(START, second));
    if (dropped.has(id)) list.dropped.add(id);
    else if (shows === 'unreadable') list.unreadable.add(id);
  });
  return list;
}

/** Another order among equal times at each call, yet the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/**
 * Throwing is for the shops that leave no other way: none of its orders shows, nobody can know how long the list is, or
 * no offset leads on.
 */
function mayThrow({ hidesTotal, ignoresOffset, orders }: Made, list: FakeOrderList): boolean {
  return !list.hasShown || ignoresOffset || (hidesTotal && orders.some(({ shows }) => shows === 'unreadable'));
}

const walks = {
  modified: (list: FakeOrderList, perPage: number) => walkModifiedSince(list, START, { perPage }),
  status: (list: FakeOrderList, perPage: number) => walkByStatus(list, ['processing'], { perPage }),
};

describe.each(['modified', 'status'] as const)('the walk (%s) over any shop', (which) => {
  test('shows every order that shows exactly once and tells the others, or throws; in a bounded number of calls', async () => {
    await fc.assert(
      fc.asyncProperty(shop, async (made) => {
        const list = listOf(made);
        const seen: number[] = [];
        const told = new Set<number>();
        try {
          for await (const page of walks[which](list, made.perPage)) {
            seen.push(...page.orders.map((order) => order.id));
            page.unreadableIds.forEach((id) => told.add(id));
          }
          const shown = [...list.rows.keys()].filter((id) => !list.dropped.has(id));
          expect([...seen].sort((a, b) => a - b)).toEqual(shown.filter((id) => !list.unreadable.has(id)));
          expect([...told].sort((a, b) => a - b)).toEqual(shown.filter((id) => list.unreadable.has(id)));
        } catch (error) {
          if (!(error instanceof CallFailure)) throw error;
          expect(['unreadable-page', 'unsorted-list', 'list-keeps-changing']).toContain(error.code);
          expect(mayThrow(made, list)).toBe(true);
        }
        expect(list.asked.length).toBeLessThanOrEqual(20 + 10 * made.orders.length);
      }),
      { numRuns: 500 },
    );
  });
});
