import type { Scenario, Stage } from '../run/scenario.js';
import { mostPostsOfOne } from '../world/figures.js';
import { untilAccepted } from '../world/moving-again.js';
import type { World } from '../world/world.js';

/** Nobody tells the relay: the markers in the shop alone keep it from sending a second time. */
export const ledgerRolledBack: Scenario = {
  name: 'ledger-rolled-back',
  what: 'the ledger is restored from a backup that knows nothing of the last 200 orders, and nobody says so',
  run: (stage) => play(stage, async () => undefined),
};

/** With `relay ledger restored`, which also covers what shows no marker: the shop's writes are refused from the start. */
export const ledgerRolledBackDeclared: Scenario = {
  name: 'ledger-rolled-back-declared',
  playedIn: 'full',
  what: 'the ledger is restored from a backup that knows nothing of the last 200 orders, and a person declares it',
  run: (stage) => play(stage, ({ relay }) => relay.declareRestored()),
};

async function play(stage: Stage, declare: (world: World) => Promise<void>): Promise<void> {
  const { size, marks, openWorld, say } = stage;
  const count = size(40, 200);
  const world = await openWorld({ settings: { RELAY_MAX_UNMIRRORED: String(count) } });
  const { relay, sandbox } = world;
  const known = size(5, 20);
  const [first] = await relay.startLive(1);
  const knownIds = await sandbox.order({ count: known });
  await relay.settled(knownIds, 30_000);
  await first?.kill('SIGTERM');
  const restoreBackup = await world.backUpLedger();

  // What the shop never shows cannot tell the restored ledger that an order was sent: only the markers are left.
  await sandbox.fault({
    target: 'shop',
    kind: 'status',
    status: 500,
    match: { method: 'PUT', bodyPattern: '_hft71_order_id' },
  });
  const workers = await Promise.all([relay.startWorker(), relay.startWorker()]);
  const lostIds = await sandbox.order({ count });
  await untilAccepted(world, known + count, size(90_000, 300_000));
  await Promise.all(workers.map((worker) => worker.kill('SIGKILL')));
  say(`${count} orders were sent since the backup: the ledger is restored`);

  await restoreBackup();
  await sandbox.clearFaults();
  await declare(world);
  await Promise.all([relay.startWorker(), relay.startWorker()]);
  await relay.settled(lostIds, size(60_000, 240_000));
  await relay.sweptOnce(); // and it stays so

  const { inDoubt } = await relay.listed();
  marks.equal('lostOrdersInDoubt', lostIds.filter((id) => inDoubt.has(id)).length, count);
  marks.equal('knownOrdersInDoubt', knownIds.filter((id) => inDoubt.has(id)).length, 0);
  marks.equal('mostPostsOfOne', mostPostsOfOne(world.record()), 1);
}
