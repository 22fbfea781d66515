import fc from 'fast-check';
import type { LookUpMode, PostFault, Repeated } from './fake-hft71.js';
import type { PutFault } from './fake-shop.js';
import type { RelaySettings } from './relay-in-process.js';
import type { Interruption } from './run.js';

/** One step of a history. `pick` chooses among what there is, modulo its number; where there is nothing it does nothing. */
export type Command =
  | { readonly kind: 'order' }
  | { readonly kind: 'edit' | 'other-line' | 'cancel' | 'restore' | 'hold-back' | 'delete'; readonly pick: number }
  | { readonly kind: 'deliver'; readonly pick: number; readonly isLost: boolean; readonly stop: Interruption | null }
  | { readonly kind: 'sweep'; readonly which: 'changes' | 'level'; readonly stop: Interruption | null }
  | { readonly kind: 'run-job'; readonly pick: number; readonly stop: Interruption | null }
  | { readonly kind: 'run-past-job'; readonly pick: number; readonly stop: Interruption | null }
  | { readonly kind: 'keep-house' | 'settle' | 'probe'; readonly stop: Interruption | null }
  | { readonly kind: 'resume'; readonly pick: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'fault-on-post'; readonly fault: PostFault }
  | { readonly kind: 'fault-on-put'; readonly fault: PutFault }
  | { readonly kind: 'look-ups'; readonly mode: LookUpMode }
  | { readonly kind: 'lose-redis' | 'backup' | 'bulk-re-arm' }
  | { readonly kind: 'restore-backup'; readonly isDeclared: boolean }
  | { readonly kind: 'hft71-webhook'; readonly pick: number }
  | { readonly kind: 'resolve'; readonly pick: number; readonly stop: Interruption | null }
  | { readonly kind: 'person-holds' | 'person-releases' | 'reprint'; readonly pick: number };

export interface History {
  readonly settings: RelaySettings;
  readonly repeated: Repeated;
  /** Whether HFT71 accepted an order long ago, for the look-up's positive control. */
  readonly hasControl: boolean;
  readonly commands: readonly Command[];
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const pick = fc.nat({ max: 3 });
/** A hand-off passes some 25 borders, most others fewer. */
const stop: fc.Arbitrary<Interruption | null> = fc.option(
  fc.record({
    at: fc.oneof(fc.nat({ max: 8 }), fc.nat({ max: 26 })),
    how: fc.constantFrom<Interruption['how'][]>('crash', 'stall'),
  }),
  { freq: 2 },
);
const share = fc.constantFrom(0, 0, 0.3, 0.6, 1);

/** What HFT71 may do with a call: a refusal is the truth, everything else may have been accepted. */
const fault: fc.Arbitrary<PostFault> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      accepts: fc.constant('at-once' as const),
      answer: fc.constantFrom<PostFault['answer'][]>('none', 'none', 'id', 200, 502, 503),
      delayShare: fc.constant(0),
      lagShare: share,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      accepts: fc.constant('late' as const),
      answer: fc.constantFrom<PostFault['answer'][]>('none', 502),
      delayShare: share,
      lagShare: share,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      accepts: fc.constant('never' as const),
      answer: fc.constantFrom<PostFault['answer'][]>('none', 401, 403, 422, 429, 502, 503),
      delayShare: fc.constant(0),
      lagShare: fc.constant(0),
    }),
  },
);

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('order' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('edit', 'other-line', 'hold-back', 'delete'), pick }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('cancel', 'cancel', 'restore', 'restore', 'restore'), pick }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      pick,
      isLost: fc.constantFrom(false, false, false, true),
      stop,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('sweep' as const), which: fc.constantFrom('changes', 'level'), stop }),
  },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('run-job' as const), pick, stop }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('run-past-job' as const), pick, stop }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('keep-house' as const), stop }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('settle' as const), stop }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('probe' as const), stop }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('resume' as const), pick }) },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(SECOND, 5 * SECOND, 50 * SECOND, 61 * SECOND, 5 * MINUTE, 11 * MINUTE, 11 * MINUTE),
    }),
  },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('fault-on-post' as const), fault }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fault-on-put' as const),
      fault: fc.constantFrom('answer-lost', 'refused'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('look-ups' as const),
      mode: fc.constantFrom('works', 'empty', 'unfiltered', 'html', 'away'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('lose-redis', 'backup', 'backup', 'bulk-re-arm') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restore-backup' as const), isDeclared: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hft71-webhook' as const), pick }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('resolve' as const), pick, stop }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('person-holds', 'person-releases', 'reprint'), pick }) },
);

/** HFT71's behaviour and what the settings say of it: the truth, or nothing. */
const account = fc.oneof(
  fc.constantFrom(
    { policy: 'unknown', repeated: 'made-again' },
    { policy: 'unknown', repeated: 'made-again' },
    { policy: 'unknown', repeated: 'rejected-with-id' },
  ),
  fc.constantFrom(
    { policy: 'rejects', repeated: 'rejected-with-id' },
    { policy: 'rejects', repeated: 'rejected-without-id' },
    { policy: 'replays', repeated: 'replayed' },
  ),
) as fc.Arbitrary<{ policy: RelaySettings['policy']; repeated: Repeated }>;

export const history: fc.Arbitrary<History> = fc
  .record({
    account,
    hasLookUp: fc.constantFrom(true, true, true, false),
    marker: fc.constantFrom(true, true, true, false),
    hasControl: fc.constantFrom(true, true, true, false),
    commands: fc.array(command, { minLength: 8, maxLength: 30, size: 'max' }),
  })
  .map(({ account: { policy, repeated }, hasLookUp, marker, hasControl, commands }) => ({
    settings: { policy, hasLookUp, marker },
    repeated,
    hasControl,
    // Every history begins with an order that the relay knows of.
    commands: [
      { kind: 'order' },
      { kind: 'deliver', pick: 0, isLost: false, stop: null },
      ...commands,
    ] satisfies Command[],
  }));
