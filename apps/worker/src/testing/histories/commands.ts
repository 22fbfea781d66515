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
  | { readonly kind: 'campaign-goes' | 'campaign-stops'; readonly stop: Interruption | null }
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
