import { CAUSES } from './causes.js';
import type { Cause, Finding } from './finding.js';
import { ranked } from './rank.js';

const finding = (cause: Cause, over: Partial<Finding> = {}): Finding => ({
  ...{ name: cause, cause, state: 'failed', what: cause, toDo: 'mend it', evidence: [], about: [], explainedBy: null },
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

it('a warning explains warnings only', () => {
  const nearlyFull = finding('redis-memory', { state: 'warning', severity: 2 });
  expect(order(nearlyFull, finding('worker-stuck'))).toEqual(['worker-stuck', 'redis-memory']);
  const unseen = finding('public-url', { state: 'warning' });
  expect(ranked([unseen, finding('shop-webhook-disabled')])[0]).toMatchObject({
    ...{ cause: 'shop-webhook-disabled', explainedBy: null },
  });
  const silent = finding('hft71-webhook-silent', { state: 'warning' });
  expect(ranked([silent, unseen])[1]).toMatchObject({ cause: 'hft71-webhook-silent', explainedBy: 'public-url' });
});

it('a clock explains no credentials', () => {
  const clock = finding('clock');
  expect(order(clock, finding('shop-credentials'), finding('hft71-credentials'))[2]).toBe('clock');
});

it('what is wrong with one shop explains nothing of another’s', () => {
  const away = finding('shop-away', { about: ['shop a', 'host a.example'] });
  const breakerOf = (...about: string[]) => finding('shop-breaker', { about });
  const explanation = (other: Finding) => ranked([away, other]).at(-1)?.explainedBy;
  expect(explanation(breakerOf('shop b', 'host b.example'))).toBeNull();
  expect(explanation(breakerOf('shop a', 'host a.example'))).toBe('shop-away');
  expect(explanation(breakerOf('shop b', 'host a.example'))).toBe('shop-away');
  expect(explanation(finding('backlog'))).toBe('shop-away');
});

it('a wrong password keeps no worker from starting; a changed account does', () => {
  const explanation = (...causes: Cause[]) =>
    ranked([finding('no-worker'), ...causes.map((cause) => finding(cause))]).find(({ cause }) => cause === 'no-worker')
      ?.explainedBy;
  expect(explanation('hft71-credentials')).toBeNull();
  expect(explanation('hft71-path', 'hft71-account')).toBe('hft71-account');
});

it('nothing explains what explains it', () => {
  const reaches = (from: Cause, to: Cause, seen: Cause[] = []): boolean =>
    (CAUSES[from].explains ?? []).some(
      (next) => next === to || (!seen.includes(next) && reaches(next, to, [...seen, next])),
    );
  const all = Object.keys(CAUSES) as Cause[];
  expect(all.filter((cause) => reaches(cause, cause))).toEqual([]);
});
