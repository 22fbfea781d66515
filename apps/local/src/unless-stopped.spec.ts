import { Stopped, unlessStopped } from './unless-stopped.js';

test('what ends in time is handed on, good or bad', async () => {
  const { signal } = new AbortController();
  expect(await unlessStopped(signal, async () => 7)).toBe(7);
  await expect(unlessStopped(signal, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
});

test('a stop ends the wait, and what is only begun afterwards is never begun', async () => {
  const stop = new AbortController();
  const waiting = unlessStopped(stop.signal, () => new Promise(() => undefined));
  stop.abort();
  await expect(waiting).rejects.toThrow(Stopped);
  const begun = jest.fn(async () => undefined);
  await expect(unlessStopped(stop.signal, begun)).rejects.toThrow(Stopped);
  expect(begun).not.toHaveBeenCalled();
});
