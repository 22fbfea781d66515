import { Crew } from '../histories/crew.js';
import { History } from '../histories/history.js';
import type { Scenario } from '../run/scenario.js';
import { freePort } from '../world/free-port.js';
import { flushAll } from '../world/moving-again.js';

const COMMANDS = { least: 6, most: 14 };

/**
 * Random histories as in the model-based test, here with real processes, a real Redis and time as it passes. They are
 * played one after the other on one world, which is judged for all of them: a duplicate does not go away.
 */
export const histories: Scenario = {
  name: 'histories',
  what: 'random histories of orders, edits, lost answers, deaths, sleeps, lost Redis and restored backups, with real processes',
  limitSeconds: { quick: 300, full: 1_500 },
  async run({ size, random, marks, openWorld, say }) {
    const port = await freePort();
    const settings = {
      RELAY_PUBLIC_URL: `http://127.0.0.1:${port}`,
      HFT71_LOOKUP_PATH: '/order?referenceId={referenceId}',
      RELAY_LOOKUP_GAP: '1s',
      RELAY_BREAKER_REOPEN: '500ms',
      RELAY_BREAKER_REOPEN_MAX: '1s',
    };
    // A window of the budget that Redis has lost is over in a second.
    const world = await openWorld({ ownRedis: true, rate: '2000/1s', settings });
    const { relay, sandbox } = world;
    await sandbox.setHft71({ lookup: { enabled: true, lie: null } });
    const crew = new Crew(relay, random);
    await Promise.all([relay.startApi(port), crew.ensure(2)]);
    await relay.waitForMode('live');
    await relay.waitForState(await sandbox.oneOrder(), 'written_back'); // the look-up's control

    const count = size(4, 50);
    let settled = 0;
    let orders = 0;
    for (let played = 1; played <= count; played += 1) {
      const history = new History(world, crew, random, () => flushAll(world));
      if (await history.play(random.whole(COMMANDS.least, COMMANDS.most))) settled += 1;
      else say(`history ${played} did not come to rest: ${history.told.join('; ')}`);
      orders += history.orderIds.length;
      if (played % 10 === 0) say(`${played} of ${count} histories, ${orders} orders`);
    }
    await relay.sweptOnce(); // and it stays so
    marks.equal('historiesComeToRest', settled, count);
  },
};
