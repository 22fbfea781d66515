import type { Installation } from '../world/installation.js';

/** One exact text of one compiled module of the product, which is replaced when the module is loaded. */
export interface Patch {
  /** From the project's folder: `packages/ledger/dist/attempt.js`. */
  readonly module: string;
  /** Has to be found exactly once, so that the switch stays in step with the code. */
  readonly find: string;
  readonly replace: string;
}

/**
 * One guard switched off, and the scenario that has to notice. It never lies in the product: it is done to the modules as
 * they are loaded, to the settings, or to the ledger.
 */
export interface Sabotage {
  readonly name: string;
  readonly scenario: string;
  /** What is switched off, for `--list`. */
  readonly what: string;
  readonly patches?: readonly Patch[];
  readonly settings?: Readonly<Record<string, string>>;
  readonly onLedger?: (installation: Installation) => Promise<void>;
}
