import { countCalls, STATUS_CLASSES, type CallCount, type StatusClass } from '@relay/ledger';
import type { OpenLedger } from './examine-postgres.js';
import type { Examination } from './examination.js';

/** One action of the last hour, as the runbook reads its log. */
export interface CallStatistics {
  readonly target: 'shop' | 'hft71';
  /** The plugin's names where it has one: `send_order`, `get_status`, `webhook`, `stock_sync`, … */
  readonly action: string;
  readonly calls: Readonly<Record<StatusClass, number>>;
  /** What the failed ones hint at, the commonest first; null where none failed. */
  readonly likelyCause: string | null;
}

const MINUTES = 60;
/** Fewer calls say nothing. */
const LEAST_CALLS = 5;
const BAD_SHARE = 0.2;

export async function callStatistics({ ledger }: OpenLedger, shopId?: string): Promise<CallStatistics[]> {
  const byAction = new Map<string, CallCount[]>();
  for (const count of await countCalls(ledger, MINUTES, shopId)) {
    const key = `${count.target} ${count.action}`;
    byAction.set(key, [...(byAction.get(key) ?? []), count]);
  }
  return [...byAction.values()].map((counts) => {
    const [{ target, action } = { target: 'shop' as const, action: '' }] = counts;
    return { target, action, calls: classesOf(counts), likelyCause: likelyCauseOf(counts) };
  });
}

/** Of what was wrong within the hour and answers now: a hint, after everything that was found by asking. */
export function judgeCalls(exam: Examination, statistics: readonly CallStatistics[]): void {
  for (const target of ['hft71', 'shop'] as const) {
    const bad = statistics.filter((each) => each.target === target && isBad(each));
    const name = `calls to ${target === 'shop' ? 'the shop' : 'HFT71'}`;
    if (bad.length === 0) {
      exam.ok(
        name,
        `of the last hour: ${statistics.filter((each) => each.target === target).length === 0 ? 'none' : 'nearly all well'}`,
      );
      continue;
    }
    exam.found(name, `${target}-calls`, {
      what: `Many calls to ${target === 'shop' ? 'the shop' : 'HFT71'} failed within the last hour: ${bad[0]?.likelyCause}`,
      toDo: `See them with \`relay log --target ${target} --class 4xx\`, 5xx or none, and when the last one was.`,
      evidence: bad.map(({ action, calls, likelyCause }) => `${action}: ${textOf(calls)}: ${likelyCause}`),
      isWarning: true,
    });
  }
}

function isBad({ calls, action }: CallStatistics): boolean {
  if (action === 'webhook' || action === 'check_write_access' || action === 'sync_shipping_skipped') return false;
  const all = STATUS_CLASSES.reduce((sum, each) => sum + calls[each], 0);
  const failed = calls['4xx'] + calls['5xx'] + calls['3xx'] + calls.none;
  return all >= LEAST_CALLS && failed / all >= BAD_SHARE;
}

/** A write on an order that cannot be: whether the key may write shows by how it is refused. */
function isMeantToFail(action: string, status: number | null): boolean {
  return action === 'check_write_access' && status === 400;
}

function classesOf(counts: readonly CallCount[]): Record<StatusClass, number> {
  const calls: Record<StatusClass, number> = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, none: 0 };
  for (const { status, calls: count } of counts) calls[classOf(status)] += count;
  return calls;
}

function classOf(status: number | null): StatusClass {
  return STATUS_CLASSES.find((each) => each.startsWith(String(Math.floor((status ?? 0) / 100)))) ?? 'none';
}

function likelyCauseOf(counts: readonly CallCount[]): string | null {
  const failed = counts
    .filter(({ status, action }) => (status === null || status >= 300) && !isMeantToFail(action, status))
    .toSorted((a, b) => b.calls - a.calls);
  const causes = [...new Set(failed.map(({ status, code }) => causeOfStatus(status, code)))];
  return causes.length === 0 ? null : causes.join('; ');
}

/** The runbook's table. */
export function causeOfStatus(status: number | null, code: string | null): string {
  if (status === null) return `transport: no answer${code === null ? '' : ` (${code})`}`;
  if (status < 400) return 'a redirect: base URL';
  if (status === 401 || status === 403)
    return code?.startsWith('woocommerce_') === true || status === 401
      ? 'keys, password or permissions'
      : 'permissions, or a firewall';
  if (status === 404) return 'not there: a wrong base URL, or one thing that is gone';
  if (status === 429) return 'rate limiting';
  if (status >= 500) return 'an outage there';
  return `refused (${code ?? status})`;
}

function textOf(calls: Readonly<Record<StatusClass, number>>): string {
  return STATUS_CLASSES.filter((each) => calls[each] > 0)
    .map((each) => `${calls[each]} × ${each === 'none' ? 'no answer' : each}`)
    .join(', ');
}
