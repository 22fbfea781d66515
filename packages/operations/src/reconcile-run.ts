import type { Finding, ReconciledCounts } from '@relay/ledger';
import type { ConnectedShop, Relay } from './relay.js';

export interface ReconcileOptions {
  /** Orders that the shop changed within this time are compared. */
  readonly windowMs: number;
  /** `schedule`, or the person who asked for it. */
  readonly startedBy: string;
  /** Ask HFT71 as well: one call for each id that the ledger holds. */
  readonly hft71: boolean;
  /** At most so many of these calls; those read longest ago come first. Default: all. */
  readonly mostReads?: number;
  readonly onProgress?: (progress: ReconcileProgress) => void;
  /** What a person asked for instead of waiting themselves comes first: its window, in its name. */
  readonly takesWanted?: boolean;
  /** Asked between two calls: the run then ends with what it has. */
  readonly isStopping?: () => boolean;
  /** Told when an order was received. */
  readonly onReceived?: () => void;
}

export interface ReconcileProgress {
  readonly step: 'shop' | 'ledger' | 'hft71';
  readonly done: number;
  /** null while it is not known. */
  readonly of: number | null;
}

/** What a run gathers, over all its steps. */
export interface ReconcileRun {
  readonly relay: Relay;
  readonly shop: ConnectedShop;
  readonly from: Date;
  readonly isShadow: boolean;
  readonly options: ReconcileOptions;
  readonly findings: Finding[];
  readonly faults: string[];
  readonly counts: { -readonly [K in keyof ReconciledCounts]: number };
}
