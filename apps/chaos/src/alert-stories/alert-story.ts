import type { StartedProcess } from '@relay/testing';
import type { World } from '../world/world.js';

/** The programs of the relay that a story may end, and start again. */
export interface Cast {
  readonly world: World;
  readonly port: number;
  worker: StartedProcess;
  api: StartedProcess;
}

/** A real fault, what it has to be told as, and its end. */
export interface AlertStory {
  /** Kinds of alerts, each of which has to fire and to clear. */
  readonly kinds: readonly string[];
  readonly what: string;
  readonly begin: (cast: Cast) => Promise<unknown>;
  readonly end: (cast: Cast) => Promise<unknown>;
}
