import type { Environment } from '@relay/testing';
import type { World } from '../world/world.js';

export interface Spoiled {
  /** Wrong ones, over those that the relay runs with. */
  readonly settings?: Environment;
  /** For the doctor's own Node. */
  readonly nodeArgs?: readonly string[];
  /** Makes the world as it was. */
  readonly mend?: () => Promise<void>;
}

/** One way in which a shop, an HFT71 or a relay can be wrong, and what the doctor has to say of it first. */
export interface WrongThing {
  readonly name: string;
  readonly cause: string;
  /** Played in the full profile alone: a further way to the same cause, or what the issue does not name. */
  readonly fullOnly?: true;
  readonly spoil: (world: World) => Promise<Spoiled>;
}
