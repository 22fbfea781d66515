import type { Command, History } from './testing/histories/commands.js';
import { HistoriesWorld } from './testing/histories/histories-world.js';

/** Histories with a restore that chance seldom finds: each comes to rest, and the guarantee is judged per reference. */
let world: HistoriesWorld;

beforeAll(async () => {
  world = await HistoriesWorld.start();
}, 60_000);

afterAll(() => world?.stop());

const job: Command = { kind: 'run-job', pick: 0, stop: null };
/** An order that is sent and written back. */
const SENT: readonly Command[] = [{ kind: 'order' }, { kind: 'deliver', pick: 0, isLost: false, stop: null }, job, job];
const reprint: Command = { kind: 'reprint', pick: 0 };
const backup: Command = { kind: 'backup' };
const restore = (isDeclared: boolean): Command => ({ kind: 'restore-backup', isDeclared });

const play = (commands: readonly Command[], over: Partial<History['settings']> = {}) =>
  world.play({
    settings: { policy: 'unknown', hasLookUp: false, marker: true, ...over },
    repeated: 'made-again',
    hasControl: true,
    commands,
  });

describe('the ledger goes back to before a reprint was sent, and nobody says so (R9)', () => {
  const commands = [...SENT, reprint, backup, job, job, restore(false), job];

  test.each([
    ['without a look-up', {}],
    ['with one', { hasLookUp: true }],
    ['where HFT71 is said to replay a reference', { policy: 'replays' }],
  ] as const)('its id in the shop keeps it from being sent again, %s', async (_, settings) => {
    const { states, acceptedOrders } = await play(commands, settings);
    expect(states).toEqual(['written_back', 'written_back']);
    expect(acceptedOrders).toBe(3); // the control, the order, its reprint
  });
});

test.each([true, false])(
  'a reprint that the restored ledger has forgotten is not ordered under its reference again (declared: %s)',
  async (isDeclared) => {
    const { acceptedOrders } = await play([...SENT, backup, reprint, job, job, restore(isDeclared), reprint, job]);
    expect(acceptedOrders).toBe(3);
  },
);

describe('without the marker, and the restore is declared', () => {
  const deliver: Command = { kind: 'deliver', pick: 0, isLost: false, stop: null };
  /** None of its lines is HFT71's, until the feed has another product more. */
  const LEFT_OUT: readonly Command[] = [{ kind: 'order' }, deliver, { kind: 'other-line', pick: 0 }, deliver, job];
  const feedGrows: Command = { kind: 'bulk-re-arm' };

  test('an order that was none of HFT71’s in the backup, and was sent since, is not sent again (R9)', async () => {
    const { acceptedOrders } = await play([...LEFT_OUT, backup, feedGrows, job, restore(true)], { marker: false });
    expect(acceptedOrders).toBe(2); // the control and the order
  });

  test('one that was not sent since goes, after a look', async () => {
    const { states, acceptedOrders } = await play([...LEFT_OUT, backup, restore(true), feedGrows, job], {
      ...{ marker: false, hasLookUp: true },
    });
    expect([states, acceptedOrders]).toEqual([['written_back'], 2]);
  });

  test('a reprint that the ledger has forgotten is not sent under its reference again', async () => {
    const { acceptedOrders } = await play([...SENT, backup, reprint, job, restore(true), reprint, job], {
      marker: false,
    });
    expect(acceptedOrders).toBe(3);
  });
});
