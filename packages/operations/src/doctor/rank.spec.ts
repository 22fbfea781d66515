import { CAUSES } from './causes.js';
import type { Cause, Finding } from './finding.js';
import { ranked } from './rank.js';

const finding = (cause: Cause, over: Partial<Finding> = {}): Finding => ({
  ...{ name: cause, cause, state: 'failed', what: cause, toDo: 'mend it', evidence: [], explainedBy: null },
  severity: CAUSES[cause].severity,
  ...over,
});
const order = (...findings: readonly Finding[]) => ranked(findings).map(({ cause }) => cause);

it('a cause stands before what it explains, however grave that is', () => {
  const found = ranked([finding('worker-stuck'), finding('redis-memory'), finding('sweep-late')]);
  expect(found.map(({ cause, explainedBy }) => [cause, explainedBy])).toEqual([
    ['redis-memory', null],
    ['worker-stuck', 'redis-memory'],
    ['sweep-late', 'redis-memory'],
  ]);
});

it('a wrong secret stands before the webhook that the shop has disabled for it', () => {
  expect(order(finding('shop-webhook-disabled'), finding('shop-webhook-secret'))[0]).toBe('shop-webhook-secret');
});

it('what failed stands before a warning, the graver before the lighter, the ground before what stands on it', () => {
  const warning = finding('hft71-calls', { state: 'warning' });
  expect(
    order(warning, finding('redis-policy'), finding('no-worker'), finding('shop-credentials'), finding('no-shop')),
  ).toEqual(['no-shop', 'shop-credentials', 'no-worker', 'redis-policy', 'hft71-calls']);
});

it('nothing explains what explains it', () => {
  const reaches = (from: Cause, to: Cause, seen: Cause[] = []): boolean =>
    (CAUSES[from].explains ?? []).some(
      (next) => next === to || (!seen.includes(next) && reaches(next, to, [...seen, next])),
    );
  const all = Object.keys(CAUSES) as Cause[];
  expect(all.filter((cause) => reaches(cause, cause))).toEqual([]);
});
