import { randomUUID } from 'node:crypto';
import type { OnApiCall, PostObservation } from '@relay/core';
import axios, { type AxiosResponse } from 'axios';
import http from 'node:http';
import https from 'node:https';
import { headersOf, requestIdOf, transportCode } from '@relay/http';
import { bearer, ORDER_PATH } from './assumptions.js';
import type { OrderPost } from './hft71-client.js';

const MEBIBYTE = 1024 * 1024;

export interface PostSettings {
  readonly baseUrl: URL;
  readonly answerTimeoutMs: number;
  readonly userAgent: string;
  readonly onCall?: OnApiCall;
}

/**
 * The one POST of an attempt, over a socket that is connected already. Never throws, never tries again, follows no
 * redirect. Whether a byte may have left is told by one place: the request's `socket` event, which Node emits in the
 * same turn in which it writes the request to the socket. There the caller is asked for the last time (`sendBy`) and
 * the socket is looked at; what is refused there has certainly not been sent.
 */
export async function postOrder(post: OrderPost, settings: PostSettings): Promise<PostObservation> {
  const startedAt = performance.now();
  const requestId = randomUUID();
  const deadline = AbortSignal.timeout(settings.answerTimeoutMs);
  const wire: Wire = { left: false, refusal: null, over: false, incoming: null };
  const observe = (rest: Pick<PostObservation, 'status' | 'headers' | 'body' | 'error'>): PostObservation => ({
    left: wire.left,
    ...rest,
    durationMs: Math.round(performance.now() - startedAt),
  });
  const nothing = (error: string) => observe({ status: null, headers: {}, body: null, error });

  let seen: PostObservation;
  try {
    const answer = await send(post, settings, deadline, wire, requestId);
    // A body without a length ends where the connection does; Node knows whether the message was whole.
    seen =
      wire.incoming?.complete === true
        ? observe({ status: answer.status, headers: headersOf(answer), body: answer.data, error: null })
        : nothing('cut-off');
  } catch (error) {
    seen = nothing(wire.refusal ?? (axios.isAxiosError(error) ? transportCode(error, deadline) : 'request-not-made'));
  } finally {
    wire.over = true;
    post.connection.close();
  }
  tell(post, settings, seen, requestId);
  return seen;
}

function tell(post: OrderPost, settings: PostSettings, seen: PostObservation, requestId: string): void {
  try {
    settings.onCall?.({
      target: 'hft71',
      action: 'send_order',
      method: 'POST',
      path: orderUrl(settings.baseUrl).pathname,
      status: seen.status,
      code: seen.error,
      durationMs: seen.durationMs,
      orderId: post.orderId ?? null,
      requestId: requestIdOf(seen.headers) ?? requestId,
    });
  } catch {
    // The log of calls must not cost the observation of an order that may be made already.
  }
}

/** What the socket saw of the request. */
interface Wire {
  left: boolean;
  /** Why nothing was written; null when something may have been. */
  refusal: string | null;
  /** Set when the result is told: from then on nothing may leave any more. */
  over: boolean;
  incoming: http.IncomingMessage | null;
}

async function send(
  post: OrderPost,
  settings: PostSettings,
  deadline: AbortSignal,
  wire: Wire,
  requestId: string,
): Promise<AxiosResponse<string>> {
  return axios.request<string>({
    method: 'POST',
    url: orderUrl(settings.baseUrl).href,
    data: JSON.stringify(post.payload),
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      authorization: bearer(post.token),
      'user-agent': settings.userAgent,
      'x-request-id': requestId,
    },
    transport: transportOver(post, deadline, wire),
    signal: deadline,
    responseType: 'text',
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
    validateStatus: () => true,
    maxRedirects: 0,
    maxContentLength: MEBIBYTE,
    proxy: false,
  });
}

function transportOver(post: OrderPost, deadline: AbortSignal, wire: Wire) {
  const { socket } = post.connection;
  return {
    request(options: https.RequestOptions, onAnswer: (answer: http.IncomingMessage) => void): http.ClientRequest {
      const secure = options.protocol === 'https:';
      const request = (secure ? https : http).request(
        {
          ...options,
          // Without an agent Node asks for no other socket, keeps none and never sends a request twice.
          agent: undefined,
          createConnection: () => socket,
          defaultPort: secure ? 443 : 80,
        },
        (answer) => {
          wire.incoming = answer;
          onAnswer(answer);
        },
      );
      request.once('socket', () => {
        wire.refusal = refusalOf(post, deadline, wire);
        if (wire.refusal === null) wire.left = true;
        else request.destroy(new Error(wire.refusal));
      });
      return request;
    },
  };
}

/** Asked in the turn in which the bytes are written. `sendBy` comes last: nothing may take time after it. */
function refusalOf(post: OrderPost, deadline: AbortSignal, wire: Wire): string | null {
  if (wire.over || deadline.aborted) return 'deadline';
  if (post.connection.staleReason() !== null) return 'stale-connection';
  try {
    return post.sendBy() === null ? null : 'send-by';
  } catch {
    return 'send-by';
  }
}

function orderUrl(baseUrl: URL): URL {
  return new URL(`${baseUrl.pathname.replace(/\/+$/, '')}${ORDER_PATH}`, baseUrl);
}
