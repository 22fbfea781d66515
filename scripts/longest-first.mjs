/**
 * Jest's order of test files, with those first that everybody would else wait for at the end: on a fresh checkout it knows
 * no durations and goes by the size of the files, and the histories are a short one.
 */
import TestSequencer from '@jest/test-sequencer';

const LONGEST = ['apps/worker/src/histories.spec.ts'];
/** Real processes that mostly wait: the more of them lie beside files that compute, the better. */
const LONG = 'apps/worker/';

export default class LongestFirst extends TestSequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((a, b) => rank(a) - rank(b)); // stable: otherwise as jest has it
  }
}

function rank({ path }) {
  if (LONGEST.some((end) => path.endsWith(end))) return 0;
  return path.includes(LONG) ? 1 : 2;
}
