import type { Command, History } from './testing/histories/commands.js';
import { HistoriesWorld } from './testing/histories/histories-world.js';

/** Histories of reprints that chance seldom finds: each comes to rest, and the guarantee is judged per reference. */
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
