import { randomUUID } from 'node:crypto';
import axios, { type AxiosAdapter, type AxiosRequestConfig } from 'axios';
import axiosRetry from 'axios-retry';
import { parseRetryAfterMs } from '@relay/core';
import { connectTimeoutAgents, headersOf, parseJson, requestIdOf, retryWithin } from '@relay/http';
import { endOf } from './api-answer.js';
import { bearer } from './assumptions.js';
import { hft71Failure, logInFailure, type BadEnd, type PathKind } from './failures.js';
import type { CallPurpose, Hft71ClientOptions } from './hft71-client.js';

const SECOND_MS = 1000;
const MEBIBYTE = 1024 * 1024;
/** A stock page of 200 entries is some 12 kB. */
const LARGEST_ANSWER_BYTES = 5 * MEBIBYTE;

export interface ApiCall {
  /** Name for logs and errors; the plugin's where it has one. */
  readonly action: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below the base URL. */
  readonly path: string;
  readonly pathKind?: PathKind;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  readonly token?: string;
  /** Which budget is asked before every try; null where the caller has asked. */
  readonly budget: CallPurpose | null;
  /** WooCommerce's id of the order that it is about, for the log. */
  readonly shopOrderId?: number | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  /** undefined when the body is not JSON. */
  readonly json: unknown;
}

/** Log-ins, reads and PUTs. The order's POST goes its own way: `post-order.ts`. Nothing of axios leaves this class. */
export class ApiHttp {
  readonly #options: Hft71ClientOptions;
  readonly #basePath: string;
  readonly #origin: string;
  readonly #axios = axios.create();
  readonly #send: AxiosAdapter = axios.getAdapter('http');
  readonly #readAgents;
  readonly #writeAgents;
  readonly #answerTimeoutMs: number;

  constructor(options: Hft71ClientOptions) {
    const baseUrl = new URL(options.baseUrl);
    this.#options = options;
    this.#origin = baseUrl.origin;
    this.#basePath = baseUrl.pathname.replace(/\/+$/, '');
    this.#answerTimeoutMs = options.answerTimeoutMs ?? 20 * SECOND_MS;
    const connectTimeoutMs = options.connectTimeoutMs ?? 3 * SECOND_MS;
    this.#readAgents = connectTimeoutAgents(connectTimeoutMs, true);
    // What is not tried again never meets a kept connection that HFT71 is just closing.
    this.#writeAgents = connectTimeoutAgents(connectTimeoutMs, false);
    axiosRetry(this.#axios);
  }

  /** @throws CallFailure on every end but a whole 2xx answer. */
  async call(call: ApiCall): Promise<ApiAnswer> {
    if (call.budget !== null) await this.#options.beforeCall?.(call.budget);
    const deadline = AbortSignal.timeout(this.#answerTimeoutMs);
    let tries = 0;
    const config: AxiosRequestConfig<string> = {
      method: call.method,
      url: `${this.#origin}${this.#basePath}${call.path}`,
      ...(call.query === undefined ? {} : { params: call.query }),
      ...(call.body === undefined ? {} : { data: JSON.stringify(call.body) }),
      headers: {
        accept: 'application/json',
        'user-agent': this.#options.userAgent ?? 'HFT71-Relay',
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(call.token === undefined ? {} : { authorization: bearer(call.token) }),
      },
      adapter: async (config) => {
        tries += 1;
        if (tries > 1 && call.budget !== null) await this.#options.beforeCall?.(call.budget);
        const requestId = randomUUID();
        config.headers.set('x-request-id', requestId);
        return this.#recorded(call, requestId, deadline, () => this.#send({ ...config, signal: deadline }));
      },
      ...(call.method === 'GET' ? this.#readAgents : this.#writeAgents),
      responseType: 'text',
      transformRequest: [(data: unknown) => data],
      transformResponse: [(data: unknown) => data],
      maxRedirects: 0,
      maxContentLength: LARGEST_ANSWER_BYTES,
      proxy: false,
      'axios-retry': call.method === 'GET' ? retryWithin(performance.now() + this.#answerTimeoutMs) : { retries: 0 },
    };
    try {
      const answer = await this.#axios.request<unknown>(config);
      return { status: answer.status, json: parseJson(answer.data) };
    } catch (error) {
      if (!axios.isAxiosError(error)) throw error;
      throw this.failure(call, endOf(error, deadline));
    }
  }

  failure(call: ApiCall, end: BadEnd) {
    return call.action === 'login' ? logInFailure(end) : hft71Failure(call.action, end, call.pathKind);
  }

  /** A 2xx came, but its body is not what the method needs. */
  unreadable(call: ApiCall, answer: ApiAnswer) {
    const code = answer.json === undefined ? 'not-json' : 'unexpected-shape';
    return this.failure(call, { kind: 'unreadable', status: answer.status, code });
  }

  async #recorded(call: ApiCall, requestId: string, deadline: AbortSignal, send: () => ReturnType<AxiosAdapter>) {
    const startedAt = performance.now();
    const record = (status: number | null, code: string | null, headers: Readonly<Record<string, string>> = {}) =>
      this.#options.onCall?.({
        target: 'hft71',
        action: call.action,
        method: call.method,
        path: `${this.#basePath}${call.path.split('?')[0] ?? ''}`,
        status,
        code,
        durationMs: Math.round(performance.now() - startedAt),
        orderId: call.shopOrderId ?? null,
        requestId: requestIdOf(headers) ?? requestId,
      });
    try {
      // The adapter itself would send in spite of a signal that fired while the budget was waited for.
      if (deadline.aborted) throw new axios.CanceledError();
      const answer = await send();
      record(answer.status, null, headersOf(answer));
      return answer;
    } catch (error) {
      const end = axios.isAxiosError(error) ? endOf(error, deadline) : null;
      if (end?.kind === 'answer' && end.status === 429) this.#options.onThrottled?.(parseRetryAfterMs(end.headers));
      if (end?.kind === 'answer') record(end.status, null, end.headers);
      else record(null, end?.code ?? 'bug');
      throw error;
    }
  }
}
