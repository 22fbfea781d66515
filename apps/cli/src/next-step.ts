import { whatResolvesHeld, type HandOffState } from '@relay/core';
import type { OrderView } from '@relay/ledger';
import { IDENTITY_CHANGED, isAlsoAnothers, whatResolves } from '@relay/operations';
import { instant } from './print/times.js';

/** What a person does about an order now, with the command lines that do it. */
export interface NextStep {
  readonly advice: string;
  readonly commands: readonly NextCommand[];
}

export interface NextCommand {
  /** When it is the right one. */
  readonly when: string;
  /** In two parts, so that it can be broken between them. */
  readonly line: readonly [string, string];
}

/** `asked`: the words that found this order, `1001`, `1001-R2` or `1001 --shop main`; they find it again. */
export function nextStep(order: OrderView, asked: string, isLive = true): NextStep {
  if (order.state === null)
    return { advice: `Nothing: in its status (${order.shopStatus}) it is not sent.`, commands: [] };
  if (order.state === 'ready' && !isLive) return { advice: IN_SHADOW, commands: [] };
  if (order.state === 'rejected')
    return { advice: whatResolvesHeld(order.reason ?? ''), commands: [resolveCommand('send', order, asked)] };
  if (order.state !== 'held')
    return order.identityChanged && order.copy === 1
      ? { advice: whatResolvesHeld(IDENTITY_CHANGED), commands: acknowledgement(order, asked) }
      : { advice: BY_ITSELF[order.state], commands: [] };
  const reason = order.reason ?? '';
  const held = { reason, identityChanged: order.identityChanged };
  const usual = order.copy > 1 && reason === 'mapping' ? (['release'] as const) : (WAYS[reason] ?? ['exists', 'send']);
  const ways = usual.filter((way) => way === 'exists' || !isAlsoAnothers(held));
  return {
    advice: whatResolves(held),
    commands: ways.map((way) => resolveCommand(way, order, asked)),
  };
}

/** The order is sent, and the shop uses its id again. */
function acknowledgement({ hft71OrderId, token }: OrderView, asked: string): readonly NextCommand[] {
  if (hft71OrderId === null) return []; // in doubt: that is settled first
  const line = [
    `relay orders resolve ${asked} --exists ${hft71OrderId}`,
    `--attempt ${token ?? 'none'} --reason "WHY"`,
  ] as const;
  return [{ when: 'The new order under this id is settled by hand', line }];
}

type Way = 'exists' | 'send' | 'release';

/** Reasons to which not both answers can be true. */
const WAYS: Readonly<Record<string, readonly Way[]>> = {
  conflict: ['exists'],
  exists: ['exists'],
  'reference-taken': ['exists'],
  'order-identity-changed': [],
  mapping: [],
  // Nothing of it was ever sent: a doubt would have made it in-doubt.
  person: ['release'],
  deadline: ['release'],
};

function resolveCommand(way: Way, order: OrderView, asked: string): NextCommand {
  if (way === 'release') return { when: 'It may go', line: [`relay orders release ${asked}`, '--reason "WHY"'] };
  const rest = `--attempt ${order.token ?? 'none'} --reason "WHY"`;
  if (way === 'exists')
    return { when: 'HFT71 has it, with the id ID', line: [`relay orders resolve ${asked} --exists ID`, rest] };
  const settling = order.settleUntil !== null && order.settleUntil.getTime() > Date.now();
  const looked = settling && order.settleUntil !== null ? `, looked after ${instant(order.settleUntil)}` : '';
  return { when: `HFT71 does not have it${looked}`, line: [`relay orders resolve ${asked} --send`, rest] };
}

const IN_SHADOW =
  'Nothing now: its shop is in shadow mode, and nothing is sent. Going live holds it (before-go-live) if it is still in a sendable status then.';

const BY_ITSELF: Readonly<Record<Exclude<HandOffState, 'held' | 'rejected'>, string>> = {
  waiting: 'Nothing: it goes by itself when its send delay is over.',
  ready:
    'Nothing: it goes by itself when HFT71 takes orders. `relay status` and `relay shop check` say what stands in the way.',
  sending: 'Nothing: it is on its way to HFT71.',
  sent: 'Nothing: HFT71 has it. Its id is being written to the shop.',
  written_back: 'Nothing: HFT71 has it, and the shop shows its id.',
  in_doubt:
    'Nothing yet: HFT71 may have it, so it is not sent again. The relay looks for it; what it cannot find out is held for a person.',
  cancelled: 'Nothing: it was cancelled before it was sent.',
  skipped: 'Nothing: it left the statuses that are sent. It goes by itself if it comes back to one.',
  adopted: 'Nothing: HFT71 has it; its id was in the shop already.',
  shadowed: 'Nothing: it was seen in shadow mode and is not sent. Whoever sent orders before the relay has it.',
  not_for_hft71: 'Nothing: none of its lines is HFT71’s. `relay shop check` shows what HFT71_LINES leaves out.',
};
