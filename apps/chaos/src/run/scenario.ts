import type { Marks } from './marks.js';
import type { SeededRandom } from '@relay/testing';
import type { World, WorldOptions } from '../world/world.js';

/** What a scenario works with. */
export interface Stage {
  readonly full: boolean;
  readonly random: SeededRandom;
  readonly marks: Marks;
  /** The size of the quick profile, or the issue's. */
  readonly size: (quick: number, full: number) => number;
  /** Closed and judged when the scenario has ended. Several are judged together. */
  readonly openWorld: (options?: WorldOptions) => Promise<World>;
  /** For the eyes of whoever waits. */
  readonly say: (what: string) => void;
}

/** One story of faults. No duplicate and no loss is demanded of each by the harness; it sets its further marks itself. */
export interface Scenario {
  readonly name: string;
  /** One sentence for `--list`. */
  readonly what: string;
  /** It measures a rate against a limit, in both profiles or in the full one's size only: nothing else runs beside it. */
  readonly alone?: 'always' | 'full';
  /**
   * Played only in the full profile, or only where it is named; always when left out. The quick profile has six minutes, and
   * a spec or another scenario plays much of what it leaves out; the full one has 45, and some stories are half of that.
   */
  readonly playedIn?: 'full' | 'by-name';
  /** HFT71's limit is cut: refusals with 429 are part of the story, and only what it took beyond its limit is judged. */
  readonly expectsRefusals?: boolean;
  /** After so many seconds it counts as failed; 150 and 900 when left out. */
  readonly limitSeconds?: { readonly quick: number; readonly full: number };
  readonly run: (stage: Stage) => Promise<void>;
}
