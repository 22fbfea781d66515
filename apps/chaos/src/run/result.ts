import type { Judgement } from './judgement.js';
import type { Mark } from './marks.js';

/** A scenario's line. */
export interface ScenarioResult extends Judgement {
  readonly scenario: string;
  readonly seconds: number;
  readonly passed: boolean;
  readonly seed: number;
  readonly profile: 'quick' | 'full';
  readonly marks: Readonly<Record<string, Mark>>;
  /** Settings that are shorter, or otherwise other, than the product's defaults. */
  readonly settings: Readonly<Record<string, string>>;
  /** What broke, in words: empty where it passed. */
  readonly broke: readonly string[];
  /** The scenario could not be played to its end; nothing is shown by it, not even that a guard is needed. */
  readonly error?: string;
  /** Where the evidence is, if it was kept. */
  readonly evidence?: string;
  readonly sabotage?: string;
}

const NOTHING: Judgement = {
  orders: 0,
  duplicates: 0,
  lost: 0,
  held: 0,
  inDoubt: 0,
  overLimit: 0,
  strays: 0,
  sharedReferences: 0,
};

export function sumOf(judgements: readonly Judgement[]): Judgement {
  return judgements.reduce((sum, each) => {
    const entries = Object.entries(sum) as [keyof Judgement, number][];
    return Object.fromEntries(entries.map(([name, value]) => [name, value + each[name]])) as unknown as Judgement;
  }, NOTHING);
}

/** What a scenario's figures violate. */
export function whatBroke(judged: Judgement, marks: Readonly<Record<string, Mark>>): string[] {
  const demanded: [string, number][] = [
    ['duplicates', judged.duplicates],
    ['lost', judged.lost],
    ['overLimit', judged.overLimit],
    ['strays', judged.strays],
    ['sharedReferences', judged.sharedReferences],
  ];
  return [
    ...demanded.filter(([, value]) => value !== 0).map(([name, value]) => `${name} ${value}`),
    ...(judged.orders === 0 ? ['orders 0'] : []),
    ...Object.entries(marks)
      .filter(([, { met }]) => !met)
      .map(([name, { value, bound }]) => `${name} ${value}, demanded ${bound}`),
  ];
}
