import fc from 'fast-check';
import type { LookUpMode, PostFault, Repeated } from './fake-hft71.js';
import type { PutFault } from './fake-shop.js';
import type { RelaySettings } from './relay-in-process.js';
import type { Interruption } from './run.js';

/** One step of a history. `pick` chooses among what there is, modulo its number; where there is nothing it does nothing. */
export type Command =
  | { readonly kind: 'order' }
  | { readonly kind: OrderChange; readonly pick: number }
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
  | { readonly kind: PersonsAct; readonly pick: number };

export type OrderChange = 'edit' | 'other-line' | 'cancel' | 'restore' | 'hold-back' | 'delete';
export type PersonsAct = 'person-holds' | 'person-releases' | 'reprint';

/** As `pick`: the last of them. */
export const NEWEST = -1;

export interface History {
  readonly settings: RelaySettings;
  readonly repeated: Repeated;
  /** Whether HFT71 accepted an order long ago, for the look-up's positive control. */
  readonly hasControl: boolean;
  readonly commands: readonly Command[];
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const LEASE_OVER = 61 * SECOND;
const SETTLE_OVER = 11 * MINUTE;

/** The newest, or one of the others. */
const pick = fc.constantFrom(NEWEST, NEWEST, 0, 1, 2);
/** A hand-off passes some 25 borders, most others fewer. */
const interruption = fc.record({
  at: fc.oneof(fc.nat({ max: 8 }), fc.nat({ max: 26 })),
  how: fc.constantFrom<Interruption['how'][]>('crash', 'stall', 'stall'),
});
const stop = fc.option(interruption, { freq: 1 });
const seldomStop = fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: interruption });
const share = fc.constantFrom(0, 0, 0.3, 0.6, 1);

/** What HFT71 may do with a call: a refusal is the truth, everything else may have been accepted. */
const accepted = fc.record({
  accepts: fc.constantFrom<PostFault['accepts'][]>('at-once', 'at-once', 'late'),
  answer: fc.constantFrom<PostFault['answer'][]>('none', 'none', 502, 503, 200),
  delayShare: share,
  lagShare: share,
});
const refused = fc.record({
  accepts: fc.constant<PostFault['accepts']>('never'),
  answer: fc.constantFrom<PostFault['answer'][]>('none', 401, 403, 422, 422, 429, 429, 502),
  delayShare: fc.constant(0),
  lagShare: fc.constant(0),
});
const fault: fc.Arbitrary<PostFault> = fc.oneof({ weight: 3, arbitrary: accepted }, { weight: 2, arbitrary: refused });

const just = <T>(value: T) => fc.constant(value);
const pass = (...ms: number[]) => fc.record({ kind: just('pass' as const), ms: fc.constantFrom(...ms) });
const deliver = fc.record({
  kind: just('deliver' as const),
  pick,
  isLost: fc.constantFrom(false, false, false, false, true),
  stop: seldomStop,
});
const runJob = fc.record({ kind: just('run-job' as const), pick, stop });
const settle = fc.record({ kind: just('settle' as const), stop: seldomStop });
const keepHouse = fc.record({ kind: just('keep-house' as const), stop: seldomStop });
const resume = fc.record({ kind: just('resume' as const), pick });
const faultOnPost = fc.record({ kind: just('fault-on-post' as const), fault });
const order = fc.record({ kind: just('order' as const) });

/**
 * What often comes together, so that a random history gets somewhere: a job and its fault, a lease and the housekeeping
 * after it, settle and the two reads of an absence. Between any two of them anything else may come.
 */
const phrase: fc.Arbitrary<Command[]> = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(order, deliver) },
  { weight: 6, arbitrary: fc.tuple(faultOnPost, runJob) },
  { weight: 6, arbitrary: fc.tuple(runJob) },
  { weight: 5, arbitrary: fc.tuple(pass(50 * SECOND, LEASE_OVER), keepHouse) },
  { weight: 3, arbitrary: fc.tuple(pass(SECOND, LEASE_OVER, 5 * MINUTE, SETTLE_OVER), settle) },
  { weight: 5, arbitrary: fc.tuple(pass(SETTLE_OVER), settle, pass(LEASE_OVER), settle, runJob) },
  { weight: 5, arbitrary: fc.tuple(resume) },
  { weight: 2, arbitrary: fc.tuple(pass(SECOND, 5 * SECOND, LEASE_OVER, 5 * MINUTE, SETTLE_OVER)) },
  {
    weight: 5,
    arbitrary: fc.tuple(
      fc.record({ kind: fc.constantFrom<OrderChange[]>('cancel', 'cancel', 'restore', 'restore', 'edit'), pick }),
      deliver,
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.record({ kind: fc.constantFrom<OrderChange[]>('other-line', 'hold-back', 'delete'), pick }),
      deliver,
    ),
  },
  { weight: 1, arbitrary: fc.tuple(deliver) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.record({
        kind: just('sweep' as const),
        which: fc.constantFrom<('changes' | 'level')[]>('changes', 'level'),
        stop,
      }),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.record({ kind: just('run-past-job' as const), pick, stop })) },
  { weight: 1, arbitrary: fc.tuple(fc.record({ kind: just('probe' as const), stop: seldomStop })) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.record({ kind: just('fault-on-put' as const), fault: fc.constantFrom<PutFault[]>('answer-lost', 'refused') }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.record({
        kind: just('look-ups' as const),
        mode: fc.constantFrom<LookUpMode[]>('empty', 'empty', 'unfiltered', 'html', 'away', 'works'),
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.record({ kind: fc.constantFrom<('lose-redis' | 'bulk-re-arm')[]>('lose-redis', 'bulk-re-arm') }),
    ),
  },
  { weight: 2, arbitrary: fc.tuple(fc.record({ kind: just('backup' as const) })) },
  { weight: 2, arbitrary: fc.tuple(fc.record({ kind: just('restore-backup' as const), isDeclared: fc.boolean() })) },
  { weight: 1, arbitrary: fc.tuple(fc.record({ kind: just('hft71-webhook' as const), pick })) },
  { weight: 3, arbitrary: fc.tuple(fc.record({ kind: just('resolve' as const), pick, stop: seldomStop })) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.record({ kind: fc.constantFrom<PersonsAct[]>('person-holds', 'person-releases', 'reprint'), pick }),
    ),
  },
);

interface Account {
  readonly policy: RelaySettings['policy'];
  readonly repeated: Repeated;
  readonly hasLookUp: boolean;
}

/** HFT71's behaviour and what the settings say of it: the truth, or nothing. */
const account = fc.constantFrom<Account[]>(
  { policy: 'unknown', repeated: 'made-again', hasLookUp: true },
  { policy: 'unknown', repeated: 'made-again', hasLookUp: true },
  { policy: 'unknown', repeated: 'made-again', hasLookUp: true },
  { policy: 'unknown', repeated: 'made-again', hasLookUp: false },
  { policy: 'unknown', repeated: 'rejected-with-id', hasLookUp: true },
  { policy: 'rejects', repeated: 'rejected-with-id', hasLookUp: false },
  { policy: 'rejects', repeated: 'rejected-with-id', hasLookUp: true },
  { policy: 'rejects', repeated: 'rejected-without-id', hasLookUp: false },
  { policy: 'replays', repeated: 'replayed', hasLookUp: false },
  { policy: 'replays', repeated: 'replayed', hasLookUp: true },
);

export const history: fc.Arbitrary<History> = fc
  .record({
    account,
    marker: fc.constantFrom(true, true, false),
    hasControl: fc.constantFrom(true, true, true, false),
    phrases: fc.array(phrase, { minLength: 4, maxLength: 14, size: 'max' }),
  })
  .map(({ account: { policy, repeated, hasLookUp }, marker, hasControl, phrases }) => ({
    settings: { policy, hasLookUp, marker },
    repeated,
    hasControl,
    // Every history begins with an order that the relay knows of.
    commands: [...FIRST, ...phrases.flat()],
  }));

const FIRST: readonly Command[] = [{ kind: 'order' }, { kind: 'deliver', pick: 0, isLost: false, stop: null }];
