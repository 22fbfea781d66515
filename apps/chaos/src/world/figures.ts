import { postsIn, type SandboxRecord } from './record.js';
import type { World } from './world.js';

/** Figures that several scenarios judge by. Orders are named by the shop's id, which is their reference at HFT71. */

/** Orders in doubt that HFT71 has all the same. */
export async function doubtsThatHft71Has(world: World): Promise<number> {
  const accepted = acceptedIds(world.record());
  return [...(await world.relay.listed()).inDoubt].filter((id) => accepted.has(id)).length;
}

/** Doubts about orders that never showed a marker. Nothing can have left for them, and nobody should have to look. */
export async function doubtsWithoutMarker(world: World): Promise<number> {
  const marked = new Set(
    world
      .record()
      .shopOrders.filter(({ relayMarker }) => relayMarker !== null)
      .map(({ id }) => id),
  );
  return [...(await world.relay.listed()).inDoubt].filter((id) => !marked.has(id)).length;
}

/** HFT71 has them, and the ledger shows them neither as sent nor in doubt nor held: a `sent` that was forgotten. */
export async function forgottenSent(world: World): Promise<number> {
  const { held, inDoubt } = await world.relay.listed();
  const unlisted = [...acceptedIds(world.record())].filter((id) => !held.has(id) && !inDoubt.has(id));
  const states = await world.relay.states(unlisted);
  return states.filter((state) => !/^(sent|written_back|adopted)$/.test(state)).length;
}

/** POSTs of which the ledger shows no claimed attempt: a call without a recorded intent. */
export async function callsWithoutAttempt(world: World): Promise<number> {
  const rows = await world.relay.rows(
    `select i.reference, count(*)::int as claimed from attempt a join intent i on i.id = a.intent_id
     where i.shop_id = 'main' and a.claimed_at is not null group by i.reference`,
  );
  const claimed = new Map(rows.map((row) => [String(row['reference']), Number(row['claimed'])]));
  let without = 0;
  for (const [reference, posts] of postsByReference(world.record()))
    without += Math.max(0, posts - (claimed.get(reference) ?? 0));
  return without;
}

/** The most POSTs that one order got. */
export function mostPostsOfOne(record: SandboxRecord): number {
  return Math.max(0, ...postsByReference(record).values());
}

export function postsByReference(record: SandboxRecord): Map<string, number> {
  const posts = new Map<string, number>();
  for (const { reference } of postsIn(record)) posts.set(reference, (posts.get(reference) ?? 0) + 1);
  return posts;
}

/** HFT71 has them, and the shop does not show it. */
export async function notWrittenBack(world: World): Promise<number> {
  const { sent, writtenBack } = await world.sandbox.count();
  return sent - writtenBack;
}

function acceptedIds({ accepted }: SandboxRecord): Set<number> {
  return new Set(accepted.map(({ referenceId }) => Number(referenceId)));
}
