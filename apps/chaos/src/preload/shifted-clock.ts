/**
 * For `node --import 'shifted-clock.js?ms=600000'`: this process's wall clock is that much ahead, and SIGUSR2 sets it back
 * by an hour. Timers and `performance.now()` are the machine's, as they are where an administrator sets a clock.
 */
const STEP_BACK_MS = 3_600_000;

let shiftMs = Number(new URL(import.meta.url).searchParams.get('ms'));
process.on('SIGUSR2', () => {
  shiftMs -= STEP_BACK_MS;
});

const RealDate = Date;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now() + shiftMs] : args, newTarget) as object,
  apply: () => new RealDate(RealDate.now() + shiftMs).toString(),
  get: (target, name, receiver) =>
    name === 'now' ? () => RealDate.now() + shiftMs : (Reflect.get(target, name, receiver) as unknown),
});
