import type { Settings } from '@relay/config';
import { listWorkers, readProgress, type WorkerBeat } from '@relay/ledger';
import type { OpenLedger } from './examine-postgres.js';
import type { Examination } from './examination.js';
import { processState } from './worker-processes.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** A worker beats every 5 s: three beats are missing. */
const SILENT_MS = 15 * SECOND;
/** Work that is due for so long while nothing gets done is stuck, whatever beats. */
const STUCK_MS = MINUTE;
/** On another machine nobody sees whether it hangs or is gone: one that is silent for so long is taken for gone. */
const GONE_ELSEWHERE_MS = 10 * MINUTE;
const NAME = 'workers';

/** Whether anything moves: progress, not liveness. */
export async function examineWork(exam: Examination, { ledger }: OpenLedger, settings: Settings): Promise<void> {
  exam.step('looking at the workers');
  const [workers, progress] = await Promise.all([listWorkers(ledger), readProgress(ledger)]);
  const stopped = workers.filter((worker) => processState(worker) === 'stopped');
  const beating = workers.filter((worker) => !isSilent(worker) && !stopped.includes(worker));
  const silent = workers.filter((worker) => isSilent(worker) && mayHang(worker) && !isSucceeded(worker, beating));
  const stuck = [...new Set([...stopped, ...silent])];
  if (stuck.length > 0) tellStuck(exam, stuck, beating.length);
  else if (beating.length === 0) tellNone(exam, workers[0]);
  const idleMs = Math.min(...workers.map(({ idleMs: each }) => each ?? Infinity));
  const dueMs = progress.oldestDueSeconds * SECOND;
  const stands = progress.due > 0 && dueMs > STUCK_MS && idleMs > STUCK_MS;
  if (stands && beating.length > 0)
    exam.found(NAME, 'worker-stuck', {
      what: `Workers run and get nothing done: ${progress.due} due, the oldest for ${spanOf(dueMs)}`,
      toDo: 'See what they log; restart them: no order is lost or sent twice by it. `relay status` says why orders wait.',
      evidence: [idleMs === Infinity ? 'Nothing was ever done' : `The last thing was done ${spanOf(idleMs)} ago`],
    });
  else if (progress.due > 0 && dueMs > settings.timing.dispatchLeaseMs)
    exam.found(NAME, 'backlog', {
      what: `${progress.due} orders or write-backs are due, the oldest for ${spanOf(dueMs)}`,
      toDo: 'See `relay status` for why they wait, and `relay budget` for how fast they may go.',
      isWarning: true,
      severity: 3,
    });
  if (beating.length > 0 && !exam.has('worker-stuck'))
    exam.ok(NAME, `${beating.length} ${beating.length === 1 ? 'runs' : 'run'}, ${progress.due} due`);
}

function isSilent({ silentMs }: WorkerBeat): boolean {
  return silentMs > SILENT_MS;
}

/** A killed one takes no leave either; only where it ran can that be told from one that hangs. */
function mayHang(worker: WorkerBeat): boolean {
  const state = processState(worker);
  return state === 'elsewhere' ? worker.silentMs <= GONE_ELSEWHERE_MS : state !== 'gone';
}

/** A container that is started again has the host and the pid of the one that was killed. */
function isSucceeded({ host, pid }: WorkerBeat, beating: readonly WorkerBeat[]): boolean {
  return beating.some((other) => other.host === host && other.pid === pid);
}

/** While others work it is a warning; where none does, nothing is sent, for however long that has been so. */
function tellStuck(exam: Examination, stuck: readonly WorkerBeat[], beating: number): void {
  const names = stuck.map(({ host, pid }) => `${host}/${pid}`).join(', ');
  exam.found(NAME, 'worker-stuck', {
    what:
      beating === 0
        ? `No worker gets anything done: ${names} fell silent without having ended`
        : `${stuck.length} of ${stuck.length + beating} workers fell silent without having ended: ${names}`,
    toDo: 'Look at it there (stopped, out of memory, blocked, cut off from PostgreSQL?) and restart it: no order is lost or sent twice by it.',
    evidence: stuck.map((worker) => {
      const state = processState(worker);
      const seen =
        state === 'elsewhere'
          ? ''
          : state === 'stopped'
            ? '; its process is stopped (SIGSTOP)'
            : '; its process is alive';
      return `${worker.host}/${worker.pid} was heard ${spanOf(worker.silentMs)} ago${seen}`;
    }),
    isWarning: beating > 0,
    severity: beating > 0 ? 3 : 1,
  });
}

function tellNone(exam: Examination, last: WorkerBeat | undefined): void {
  exam.found(NAME, 'no-worker', {
    what: 'No worker runs: nothing is sent, and nothing is read from the shop',
    toDo: 'Start one: `node apps/worker/dist/main.js`. If it ends at once, it says why; exit code 78 is a setting.',
    evidence: [last === undefined ? 'None was seen within a day' : lastWords(last)],
  });
}

function lastWords(last: WorkerBeat): string {
  const { host, pid, silentMs } = last;
  return processState(last) === 'elsewhere'
    ? `The last, ${host}/${pid}, was heard ${spanOf(silentMs)} ago and did not say that it ended: it was killed, hangs, or its machine is lost`
    : `The last, ${host}/${pid}, ended without a word ${spanOf(silentMs)} ago: it was killed`;
}

export function spanOf(ms: number): string {
  if (ms < 2 * MINUTE) return `${Math.round(ms / SECOND)} s`;
  return ms < 120 * MINUTE ? `${Math.round(ms / MINUTE)} min` : `${Math.round(ms / (60 * MINUTE))} h`;
}
