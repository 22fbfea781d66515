import { timingWarnings } from './cross-checks.js';
import { VARIABLE_NAMES, type Environment } from './schema.js';
import { hostReach } from './host-reach.js';

const OUR_PREFIXES = ['RELAY_', 'HFT71_', 'WC_'];
/** How the test suite hands its servers' addresses to the tests. */
const NOT_SETTINGS = /^RELAY_TEST_/;
const MOST_TYPING_ERRORS = 3;

/** What is allowed but looks wrong. Like a fault, a warning never repeats a value. */
export function warningsAbout(env: Environment, variables: readonly string[]): string[] {
  return [...misspellings(variables), ...shopWarnings(env), ...timingWarnings(env)];
}

function misspellings(variables: readonly string[]): string[] {
  const known: readonly string[] = VARIABLE_NAMES;
  return variables
    .filter((name) => OUR_PREFIXES.some((prefix) => name.startsWith(prefix)))
    .filter((name) => !known.includes(name) && !NOT_SETTINGS.test(name))
    .map((name) => {
      const meant = nearest(name, known);
      return `${name} is not a setting of the relay and has no effect.${meant === null ? '' : ` Is ${meant} meant?`}`;
    });
}

function shopWarnings(env: Environment): string[] {
  const warnings: string[] = [];
  if (env.WC_BASE_URL?.startsWith('http://') && hostReach(new URL(env.WC_BASE_URL)) === 'public') {
    warnings.push("WC_BASE_URL begins with http://: customers' addresses travel unencrypted.");
  }
  if (env.RELAY_MODE === 'live' && env.WC_BASE_URL !== undefined && env.HFT71_LINES === undefined) {
    warnings.push(
      "RELAY_MODE is live, but HFT71_LINES is not set: nothing is sent until it says which lines are HFT71's.",
    );
  }
  return warnings;
}

function nearest(name: string, candidates: readonly string[]): string | null {
  let best: { candidate: string; distance: number } | null = null;
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate);
    if (distance <= MOST_TYPING_ERRORS && (best === null || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate ?? null;
}

/** Levenshtein's: how many letters to put in, take out or change. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const changed = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
