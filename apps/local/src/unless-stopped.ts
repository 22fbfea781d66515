/** Ctrl-C came while something was waited for. What was started so far is stopped by the house. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** Does this work unless the stop has come, and waits for it no longer than until then. @throws Stopped */
export async function unlessStopped<T>(stop: AbortSignal, work: () => Promise<T>): Promise<T> {
  if (stop.aborted) throw new Stopped();
  let giveUp = () => {};
  const stopped = new Promise<never>((_resolve, reject) => {
    giveUp = () => reject(new Stopped());
    stop.addEventListener('abort', giveUp);
  });
  try {
    return await Promise.race([work(), stopped]);
  } finally {
    stop.removeEventListener('abort', giveUp);
  }
}
