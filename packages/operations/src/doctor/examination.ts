import { CAUSES } from './causes.js';
import type { Cause, Check, Finding, Severity } from './finding.js';
import { ranked } from './rank.js';

interface Told {
  readonly what: string;
  readonly toDo: string;
  readonly evidence?: readonly (string | null)[];
  /** Nothing stands still because of it, or it is only inferred. */
  readonly isWarning?: boolean;
  /** Where it weighs otherwise than by the table. */
  readonly severity?: Severity;
}

/** Gathers what the checks find. */
export class Examination {
  readonly #checks: Check[];
  readonly #findings: Finding[];
  readonly #onStep: (what: string) => void;
  #about: readonly string[] = [];

  /** @param onStep told what is being looked at, for the eyes of whoever waits. */
  constructor(onStep: (what: string) => void, checks: Check[] = [], findings: Finding[] = []) {
    this.#onStep = onStep;
    this.#checks = checks;
    this.#findings = findings;
  }

  /** The same examination; what is found through it concerns these. */
  about(...subjects: readonly string[]): Examination {
    const narrowed = new Examination(this.#onStep, this.#checks, this.#findings);
    narrowed.#about = [...this.#about, ...subjects];
    return narrowed;
  }

  step(what: string): void {
    this.#onStep(what);
  }

  ok(name: string, what: string): void {
    this.#checks.push({ name, state: 'ok', what });
  }

  skipped(name: string, what: string): void {
    this.#checks.push({ name, state: 'skipped', what });
  }

  found(name: string, cause: Cause, { what, toDo, evidence = [], isWarning = false, severity }: Told): void {
    this.#findings.push({
      ...{ name, cause, what, toDo },
      state: isWarning ? 'warning' : 'failed',
      severity: severity ?? CAUSES[cause].severity,
      about: this.#about,
      evidence: evidence.filter((each) => each !== null),
      explainedBy: null,
    });
  }

  has(...causes: readonly Cause[]): boolean {
    return this.#findings.some(({ cause }) => causes.includes(cause));
  }

  /** Checks that are well or could not be made, in the order in which they were. */
  get others(): readonly Check[] {
    return this.#checks;
  }

  /** The most likely cause first. */
  get findings(): readonly Finding[] {
    return ranked(this.#findings);
  }
}
