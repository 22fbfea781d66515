import type { Patch } from '../sabotage/sabotage.js';
import type { Scenario } from '../run/scenario.js';
import { notWrittenBack, postsByReference } from '../world/figures.js';
import type { World } from '../world/world.js';

/** A fault that nobody thought of: the handler throws, once in each worker, for every seventh order. */
const THROWS: Patch = {
  module: 'packages/handoff/dist/send-order.js',
  find: "await step('before-read');",
  replace: `globalThis.thrownFor ??= new Set();
    if (intent.orderId % 7 === 3 && !globalThis.thrownFor.has(intent.orderId)) {
        globalThis.thrownFor.add(intent.orderId);
        throw new TypeError('thrown on purpose');
    }
    await step('before-read');`,
};
const MEGABYTE = 1_000_000;
/** In HFT71's feed when the relay reads it, and struck off afterwards. */
const STRUCK_OFF = 'STRUCK-OFF-1';
/** Shop and HFT71 share one process here, which has thirty megabytes of notes to write out at each sweep. */
const PATIENCE = {
  RELAY_SHOP_TIMEOUT: '10s',
  HFT71_ANSWER_TIMEOUT: '10s',
  RELAY_LEASE: '15s',
  RELAY_PREPARED_TIMEOUT: '15s',
  RELAY_DISPATCH_LEASE: '15s',
  RELAY_SWEEP_INTERVAL: '5s',
  RELAY_LEVEL_SWEEP_INTERVAL: '1h',
};

export const poison: Scenario = {
  name: 'poison',
  what: 'orders that cannot be mapped, that HFT71 refuses, with a note of 1 MB, with emoji, and a handler that throws',
  async run({ full, size, marks, openWorld }) {
    const settings = { HFT71_REFERENCE: 'number', ...(full ? PATIENCE : {}) };
    const world = await openWorld({ patches: [THROWS], settings });
    const { relay, sandbox } = world;
    await sandbox.setHft71({ skus: { [STRUCK_OFF]: 5 } });
    await relay.startLive(2);
    const each = size(1, 10);
    const notHft71s = await sandbox.order({ count: each, kinds: ['foreign'] });
    await sandbox.setHft71({ skus: { [STRUCK_OFF]: null } });

    const line = { name: 'Sample', sku: STRUCK_OFF, quantity: 1, total: '5.00' };
    const names = { first_name: '🧵 Zoë', last_name: 'O’Brien 👩‍👩‍👧', city: '東京', address_1: 'Straße des 17. Juni' };
    const neighbours = await sandbox.order({ count: size(15, 150), kinds: ['simple', 'variation', 'mixed'] });
    const ids = {
      fractional: await sandbox.order({ count: each, kinds: ['fractional'] }),
      withoutAddress: await sandbox.order({ count: each, kinds: ['no-address'] }),
      unknownSku: await sandbox.order({ count: each, kinds: ['variation'], overrides: { line_items: [line] } }),
      emoji: await sandbox.order({ count: each, overrides: { shipping: names, customer_note: '🎁'.repeat(100) } }),
      // More in one page of a list than an answer may hold.
      longNote: await sandbox.order({ count: size(2, 30), overrides: { customer_note: 'x'.repeat(MEGABYTE) } }),
      firstOfNumber: await sandbox.order({ count: 1, overrides: { number: 'R-1' } }),
      secondOfNumber: await sandbox.order({ count: 1, overrides: { number: 'R-1' } }),
    };
    const all = [...neighbours, ...notHft71s, ...Object.values(ids).flat()];
    await relay.settled(all, size(60_000, 240_000));

    const states = async (of: readonly number[]) => [...new Set(await relay.states(of))].join(', ');
    marks.equal('neighbours', await states(neighbours), 'written_back');
    marks.equal('fractional', await states(ids.fractional), 'held: mapping');
    marks.equal('withoutAddress', await states(ids.withoutAddress), 'held: mapping');
    marks.equal('unknownSku', await states(ids.unknownSku), 'rejected: http-422');
    marks.equal('notHft71s', await states(notHft71s), 'not_for_hft71');
    marks.equal('emoji', await states(ids.emoji), 'written_back');
    marks.equal('longNote', await states(ids.longNote), 'written_back');
    // Which of the two is seen first is the shop's choice.
    const numbers = await relay.states([...ids.firstOfNumber, ...ids.secondOfNumber]);
    marks.equal('twoOfOneNumber', numbers.sort().join(', '), 'held: reference-taken, written_back');
    marks.equal('heldWithoutReason', await heldWithoutReason(world), 0);
    marks.atLeast('throwsLogged', throwsLogged(world), 1);
    marks.equal('mostPostsOfSent', mostPostsOfSent(world), 1);
    marks.equal('notWrittenBack', await notWrittenBack(world), 0);
  },
};

async function heldWithoutReason({ relay }: World): Promise<number> {
  const said = JSON.parse(await relay.mustRelay('orders', 'held', '--json', '--limit', '1000')) as {
    held: { reason: string; detail: string | null; resolvedBy: string }[];
  };
  return said.held.filter(({ reason, detail, resolvedBy }) => {
    const names = reason !== 'mapping' || (detail ?? '') !== '';
    return reason === '' || resolvedBy === '' || !names;
  }).length;
}

function throwsLogged({ relay }: World): number {
  const said = relay.processes.started().map((each) => `${each.stdout()}${each.stderr()}`);
  return said.join('').split('a job failed unexpectedly').length - 1;
}

function mostPostsOfSent(world: World): number {
  const record = world.record();
  const posts = postsByReference(record);
  return Math.max(0, ...record.accepted.map(({ referenceId }) => posts.get(referenceId) ?? 0));
}
