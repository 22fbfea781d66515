import { request } from 'node:http';
import { request as tlsRequest } from 'node:https';

/**
 * One POST to this machine, redirects not followed, a new connection each time. Resolves with the status, or undefined
 * when there was none. Other machines are never called: a webhook that names one counts as unreachable.
 */
export function postLocally(
  url: string,
  body: string,
  headers: Record<string, string>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const target = URL.canParse(url) ? new URL(url) : undefined;
  if (!target || !['127.0.0.1', 'localhost', '[::1]'].includes(target.hostname)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const send = target.protocol === 'https:' ? tlsRequest : request;
    const outgoing = send(
      target,
      {
        method: 'POST',
        agent: false,
        headers: { ...headers, connection: 'close', 'content-length': String(Buffer.byteLength(body)) },
        signal,
        ...(target.protocol === 'https:' ? { rejectUnauthorized: false } : {}),
      },
      (response) => {
        response.on('error', () => resolve(undefined));
        response.on('end', () => resolve(response.statusCode));
        response.resume();
      },
    );
    // The whole answer has this long, not each pause in it.
    const deadline = setTimeout(() => outgoing.destroy(), timeoutMs);
    outgoing.on('close', () => clearTimeout(deadline));
    outgoing.on('error', () => resolve(undefined));
    outgoing.end(body);
  });
}
