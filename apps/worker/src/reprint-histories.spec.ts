import type { Command } from './testing/histories/commands.js';
import { HistoriesWorld } from './testing/histories/histories-world.js';

/** A reprint is a person's act: whatever keeps it from being made, he sees it, and may have another one made. */
let world: HistoriesWorld;

beforeAll(async () => {
  world = await HistoriesWorld.start();
}, 60_000);

afterAll(() => world?.stop());

const job: Command = { kind: 'run-job', pick: 0, stop: null };
const deliver: Command = { kind: 'deliver', pick: 0, isLost: false, stop: null };
/** An order that is sent and written back. */
const SENT: readonly Command[] = [{ kind: 'order' }, deliver, job, job];
const reprint: Command = { kind: 'reprint', pick: 0 };

const play = (...commands: Command[]) =>
  world.play({
    settings: { policy: 'unknown', hasLookUp: false, marker: true },
    repeated: 'made-again',
    hasControl: true,
    commands: [...SENT, ...commands],
  });

test('one whose lines are not HFT71’s any more is held', async () => {
  const { states } = await play({ kind: 'other-line', pick: 0 }, reprint, job);
  expect(states).toEqual(['written_back', 'held: mapping']);
});

test('one whose order was cancelled ends, and keeps nobody from ordering another', async () => {
  const { states, acceptedOrders } = await play(
    ...[{ kind: 'cancel', pick: 0 } as const, reprint, job, { kind: 'restore', pick: 0 } as const, reprint, job],
  );
  expect([states, acceptedOrders]).toEqual([['written_back', 'cancelled', 'written_back'], 3]);
});
