import fc from 'fast-check';
import { NEWEST, type Command, type History, type OrderChange, type PersonsAct } from './commands.js';
import type { LookUpMode, PostFault, Repeated } from './fake-hft71.js';
import type { PutFault } from './fake-shop.js';
import type { RelaySettings } from './relay-in-process.js';
import type { Interruption } from './run.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const LEASE_OVER = 61 * SECOND;
const SETTLE_OVER = 11 * MINUTE;

const one = <T>(...values: T[]) => fc.constantFrom(...values);
const sometimes = <T>(part: fc.Arbitrary<T>) => fc.option(part, { freq: 1 });

/** The newest, or one of the others. */
const pick = one(NEWEST, NEWEST, 0, 1, 2);
/** A hand-off passes some 16 borders. */
const at = fc.nat({ max: 16 });
const interruption = fc.record({ at, how: one<Interruption['how']>('crash', 'stall') });
/** From the committed token to the record. */
const standingStill = fc.record({ at: fc.integer({ min: 6, max: 14 }), how: one<Interruption['how']>('stall') });
const stop = sometimes(interruption);
const seldomStop = fc.oneof({ weight: 4, arbitrary: one(null) }, { weight: 1, arbitrary: interruption });

const share = one(0, 0, 0.3, 0.6, 1);
/** What HFT71 may do with a call: a refusal is the truth, everything else may have been accepted. */
const accepted: fc.Arbitrary<PostFault> = fc.record({
  accepts: one<PostFault['accepts']>('at-once', 'at-once', 'late'),
  answer: one<PostFault['answer']>('none', 'none', 502, 503, 200),
  delayShare: share,
  lagShare: share,
});
const notAccepted: fc.Arbitrary<PostFault> = fc.record({
  accepts: one<PostFault['accepts']>('never'),
  answer: one<PostFault['answer']>('none', 401, 403, 422, 422, 429, 429, 502),
  delayShare: one(0),
  lagShare: one(0),
});

/** HFT71 does not take the order as it is. */
const refusal: fc.Arbitrary<PostFault> = fc.record({
  accepts: one<PostFault['accepts']>('never'),
  answer: one<PostFault['answer']>(422),
  delayShare: one(0),
  lagShare: one(0),
});

const simple = <K extends Command['kind']>(...kinds: K[]) => fc.record({ kind: one(...kinds) });
const picking = <K extends Command['kind']>(...kinds: K[]) => fc.record({ kind: one(...kinds), pick });
const pass = (...ms: number[]) => fc.record({ kind: one('pass' as const), ms: one(...ms) });
const faultOnPost = (fault: fc.Arbitrary<PostFault>) => fc.record({ kind: one('fault-on-post' as const), fault });
const lookUps = fc.record({
  kind: one('look-ups' as const),
  mode: one<LookUpMode>('empty', 'empty', 'unfiltered', 'html', 'away', 'works'),
});
const isLost = one(false, false, false, false, true);
const deliver = fc.record({ kind: one('deliver' as const), pick, isLost, stop: seldomStop });
const job = (stopping: fc.Arbitrary<Interruption | null>) =>
  fc.record({ kind: one('run-job' as const), pick, stop: stopping });
const timer = (kind: 'settle' | 'keep-house' | 'probe') => fc.record({ kind: one(kind), stop: seldomStop });
const campaign = (kind: 'campaign-goes' | 'campaign-stops') => fc.record({ kind: one(kind), stop: seldomStop });
const settle = timer('settle');
const rescue = [pass(LEASE_OVER), timer('keep-house')] as const;
/** Settle, and the two reads of a sure absence. */
const absence = [pass(SETTLE_OVER), settle, pass(LEASE_OVER), settle] as const;
const restore = fc.record({ kind: one('restore-backup' as const), isDeclared: fc.boolean() });

type Said = Command | readonly Said[] | null;

/** A few commands that often come together. Each may be left out: that is how a counterexample becomes short. */
const phrase = (weight: number, ...parts: fc.Arbitrary<Said>[]) => ({
  weight,
  arbitrary: fc.tuple(...parts.map((part) => fc.option(part, { freq: 30 }))),
});
const together = (...parts: fc.Arbitrary<Said>[]): fc.Arbitrary<Said> => fc.tuple(...parts);

/**
 * Commands drawn one by one seldom get anywhere: a second order at HFT71 takes a fault, a death, a lease, settle and two
 * reads in this order. So they are drawn by phrases, and between any two of them anything else may come.
 */
const phrases: fc.Arbitrary<Said> = fc.oneof(
  phrase(1, simple('order'), deliver),
  phrase(5, job(stop)),
  phrase(4, faultOnPost(fc.oneof(accepted, notAccepted)), job(stop)),
  phrase(3, faultOnPost(accepted), job(stop), sometimes(lookUps), ...absence, job(stop)),
  // sent again while in doubt, and refused
  phrase(3, faultOnPost(accepted), job(one(null)), ...absence, faultOnPost(notAccepted), job(stop)),
  // one worker stands still, another one goes on
  phrase(
    4,
    sometimes(faultOnPost(accepted)),
    job(standingStill),
    ...rescue,
    sometimes(together(...absence)),
    job(stop),
    picking('resume'),
  ),
  phrase(
    3,
    simple('backup'),
    sometimes(faultOnPost(accepted)),
    job(stop),
    restore,
    sometimes(together(...rescue)),
    job(stop),
  ),
  phrase(3, ...rescue),
  phrase(3, pass(SECOND, LEASE_OVER, 5 * MINUTE, SETTLE_OVER), settle),
  phrase(3, ...absence, job(stop)),
  phrase(3, picking('resume')),
  phrase(4, picking<OrderChange>('cancel', 'cancel', 'restore', 'restore', 'edit'), deliver),
  phrase(1, picking<OrderChange>('other-line', 'hold-back', 'delete'), deliver),
  phrase(1, pass(SECOND, 5 * SECOND, LEASE_OVER, 5 * MINUTE, SETTLE_OVER)),
  phrase(1, deliver),
  phrase(1, fc.record({ kind: one('sweep' as const), which: one<'changes' | 'level'>('changes', 'level'), stop })),
  phrase(1, fc.record({ kind: one('run-past-job' as const), pick, stop })),
  phrase(1, timer('probe')),
  phrase(1, fc.record({ kind: one('fault-on-put' as const), fault: one<PutFault>('answer-lost', 'refused') })),
  phrase(1, lookUps),
  phrase(1, simple('lose-redis', 'bulk-re-arm')),
  phrase(1, simple('backup')),
  phrase(1, restore),
  phrase(1, picking('hft71-webhook')),
  phrase(3, fc.record({ kind: one('resolve' as const), pick, stop: seldomStop })),
  phrase(1, picking<PersonsAct>('person-holds', 'person-releases', 'reprint')),
  // refused, or held, and sent again together; stopped while a worker is at it
  phrase(
    2,
    faultOnPost(refusal),
    job(one(null)),
    campaign('campaign-goes'),
    sometimes(faultOnPost(accepted)),
    job(stop),
    sometimes(campaign('campaign-stops')),
    picking('resume'),
  ),
  phrase(
    1,
    faultOnPost(refusal),
    job(one(null)),
    campaign('campaign-goes'),
    job(standingStill),
    campaign('campaign-stops'),
    campaign('campaign-goes'),
    job(one(null)),
    picking('resume'),
  ),
);

interface Account {
  readonly policy: RelaySettings['policy'];
  readonly repeated: Repeated;
  readonly hasLookUp: boolean;
}

/** HFT71's behaviour and what the settings say of it: the truth, or nothing. */
const account = one<Account>(
  { policy: 'unknown', repeated: 'made-again', hasLookUp: true },
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

/** Every history begins with an order that the relay knows of. */
const FIRST: readonly Command[] = [{ kind: 'order' }, { kind: 'deliver', pick: 0, isLost: false, stop: null }];

export const anyHistory: fc.Arbitrary<History> = fc
  .record({
    account,
    marker: one(true, false),
    hasControl: one(true, true, true, false),
    said: fc.array(phrases, { minLength: 4, maxLength: 13, size: 'max' }),
  })
  .map(({ account: { policy, repeated, hasLookUp }, marker, hasControl, said }) => ({
    settings: { policy, hasLookUp, marker },
    repeated,
    hasControl,
    commands: [...FIRST, ...flat(said)],
  }));

function flat(said: Said): Command[] {
  if (said === null) return [];
  return isSeveral(said) ? said.flatMap(flat) : [said];
}

function isSeveral(said: Said): said is readonly Said[] {
  return Array.isArray(said);
}
