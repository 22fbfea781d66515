import { EXIT } from './exit-codes.js';

/** What a command has to say: the same, for a script and for a person. */
export interface Answer {
  readonly json: unknown;
  readonly text: string;
  /** 0 when left out. */
  readonly exitCode?: number;
  /** Line by line, while it came: nothing is left to print. */
  readonly isWritten?: true;
}

export interface Advice {
  readonly what: string;
  readonly toDo: string;
  /** A server did not answer: trying again later may do. */
  readonly isAway?: true;
}

/** Nothing was changed; each line says what stands against it and what helps. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly exitCode: number;
  readonly advice: readonly Advice[];

  /** @param exitCode when left out: whether only servers that are away stand against it. */
  constructor(advice: Advice | readonly Advice[], exitCode?: number) {
    const list = [advice].flat();
    super(list.map(({ what }) => what).join('; '));
    this.advice = list;
    this.exitCode = exitCode ?? (list.every(({ isAway }) => isAway === true) ? EXIT.unavailable : EXIT.failed);
  }
}
