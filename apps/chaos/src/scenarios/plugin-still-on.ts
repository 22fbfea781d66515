import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@relay/testing';
import type { Scenario } from '../run/scenario.js';
import { mostPostsOfOne, notWrittenBack, postsByReference } from '../world/figures.js';

/**
 * Before the relay came the plugin had sent orders and lost some of the answers; a person states that its sending is
 * off, and it is not.
 */
export const pluginStillOn: Scenario = {
  name: 'plugin-still-on',
  what: 'the plugin goes on sending after the relay went live, and what it had sent before shows no id',
  async run({ size, marks, openWorld, say }) {
    // While the send delay runs the plugin is quicker, as it was before.
    const world = await openWorld({ settings: { RELAY_SEND_DELAY: '3s' } });
    const { relay, sandbox } = world;
    const before = await sandbox.order({ count: size(5, 40) });
    for (const orderId of before) await sandbox.sendAsAnother(orderId);
    await sandbox.setShop({ pluginActive: true });

    await relay.startWorker();
    await relay.waitForMode('shadow');
    const refused = await relay.relay('mode', 'live', '--yes');
    await relay.mustRelay('mode', 'live', '--plugin-sending-is-off', '--yes');
    say('live, by a false statement');
    await relay.settled(before, 30_000);
    // The shop's dates are whole seconds: an order of the very second of going live still counts as one from before.
    await sleep(1_100);

    const [first = 0, ...others] = await sandbox.order({ count: size(6, 30) });
    await sandbox.edit(first, { meta_data: [await idMeta(first)] });
    // Stopped first, then told: a moment lies between the two.
    const isStopped = async () => (await relay.breaker()).state === 'open' && (await relay.alerts()).length > 0;
    await waitFor(isStopped, { what: 'the relay to stop the account, and to say so', timeoutMs: 30_000 });
    const sentBefore = [...postsByReference(world.record()).keys()];
    const severity = await relay.rows(`select kind, severity::int from alert where resolved_at is null order by id`);
    say('the account is stopped: the plugin is switched off, and a person closes the breaker');
    await sandbox.setShop({ pluginActive: false });
    await relay.mustRelay('breaker', 'close', '--reason', 'the plugin is off now', '--yes');
    await relay.settled([first, ...others], 60_000);

    marks.equal('liveWhileThePluginIsActive', refused.code, 1);
    marks.equal('ordersBeforeLive', [...new Set(await relay.states(before))].join(', '), 'held: before-go-live');
    marks.equal(
      'alerts',
      severity.map((row) => `SEV-${String(row['severity'])} ${String(row['kind'])}`).join(', '),
      'SEV-1 another sender',
    );
    marks.atMost('othersSentBeforeTheStop', others.filter((id) => sentBefore.includes(String(id))).length, 5);
    marks.equal('orderOfThePlugin', await relay.stateOf(first), 'adopted');
    marks.equal('otherStates', [...new Set(await relay.states(others))].join(', '), 'written_back');
    marks.equal('mostPostsOfOne', mostPostsOfOne(world.record()), 1);
    marks.equal('notWrittenBack', (await notWrittenBack(world)) - before.length, 0);

    async function idMeta(orderId: number): Promise<{ key: string; value: string }> {
      return { key: '_hft71_order_id', value: String(await sandbox.sendAsAnother(orderId)) };
    }
  },
};
