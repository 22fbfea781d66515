import { setTimeout as sleep } from 'node:timers/promises';
import { inWorld, stopWorldsLeft } from './testing/world.js';

afterAll(stopWorldsLeft);

const LOOK_UP = { HFT71_LOOKUP_PATH: '/order?referenceId={referenceId}' };

test('an order of the list read when going live again is not sent by itself once its own doubt is cleared', async () => {
  // The sender before the relay has references of its own: a look-up by the relay's proves nothing about it.
  await inWorld({ settings: { ...LOOK_UP, HFT71_REFERENCE_PREFIX: 'R-' } }, async (world) => {
    const { sandbox } = world;
    await world.startLive();
    await world.waitForState(await sandbox.oneOrder(), 'written_back'); // the look-up's control
    await sandbox.setHft71({ lookup: { enabled: true, lie: 'html-200' } }); // not readable yet
    await sandbox.faultOnSend({ kind: 'hang', times: 1 });
    const doubtful = await sandbox.oneOrder();
    await world.waitForState(doubtful, 'held: in-doubt');

    await world.switchMode('shadow');
    await sandbox.sendAsAnother(doubtful); // the plugin is on meanwhile, and loses the answer
    await sleep(1_100); // what is created in the second of live_at counts as before it
    expect(await world.switchMode('live')).toMatchObject({ kind: 'live' });
    await sandbox.setHft71({ lookup: { lie: null } });
    await world.waitForState(doubtful, 'held: before-go-live');
    expect(await sandbox.count()).toMatchObject({ duplicates: 0, sent: 2 });
  });
}, 90_000);
