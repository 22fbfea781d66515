import { CallFailure } from '@relay/core';
import axios, { type AxiosAdapter, type AxiosRequestConfig, type InternalAxiosRequestConfig } from 'axios';
import axiosRetry from 'axios-retry';
import { shopFailure } from './failures.js';
import { freshNonce, percentEncode, signQuery } from './oauth1.js';
import type { ShopCallPurpose, ShopClientOptions } from './shop-client.js';
import { connectTimeoutAgents, headersOf, parseJson, requestIdOf, retryWithin } from '@relay/http';
import { endOf } from './shop-answer.js';
import { ShopClock } from './shop-clock.js';

const SECOND_MS = 1000;
/** A page of 100 orders is some 500 kB; ten times that with heavy plugins. */
const LARGEST_ANSWER_BYTES = 20 * 1024 * 1024;

export interface ShopCall {
  /** Name for logs and errors. */
  readonly action: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the base URL: `/wp-json/wc/v3/orders/17`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly orderId?: number;
  /** Which part of the host's budget it may use. Default: that of orders. */
  readonly purpose?: ShopCallPurpose;
  /** How many times `answerTimeoutMs` it may take. Default 1. */
  readonly patience?: number;
  /** The index is read without keys, so that wrong ones do not hide who answers. */
  readonly withoutKeys?: boolean;
}

export interface ShopAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: unknown;
}

/** Calls the shop and turns every bad end into a `CallFailure`. Nothing of axios leaves this class. */
export class ShopHttp {
  readonly baseUrl: URL;
  readonly #options: ShopClientOptions;
  readonly #axios = axios.create();
  readonly #send: AxiosAdapter = axios.getAdapter('http');
  readonly #readAgents;
  readonly #writeAgents;
  readonly #answerTimeoutMs: number;
  readonly #clock = new ShopClock();
  #keyReads = false;

  constructor(options: ShopClientOptions) {
    this.#options = options;
    this.baseUrl = new URL(options.baseUrl);
    this.#answerTimeoutMs = options.answerTimeoutMs ?? 10 * SECOND_MS;
    const connectTimeoutMs = options.connectTimeoutMs ?? 3 * SECOND_MS;
    this.#readAgents = connectTimeoutAgents(connectTimeoutMs, true);
    // A write is not tried again, so it never meets a kept connection that the shop is just closing.
    this.#writeAgents = connectTimeoutAgents(connectTimeoutMs, false);
    axiosRetry(this.#axios);
  }

  /** @throws CallFailure on every end but a 2xx with JSON. */
  async call(call: ShopCall): Promise<ShopAnswer> {
    await this.#options.beforeCall?.(call.purpose ?? 'orders');
    try {
      const answer = await this.#call(call);
      this.#options.onEnd?.(null);
      return answer;
    } catch (error) {
      if (error instanceof CallFailure && error.action === call.action) this.#options.onEnd?.(error);
      throw error;
    }
  }

  async #call(call: ShopCall): Promise<ShopAnswer> {
    const timeoutMs = this.#answerTimeoutMs * (call.patience ?? 1);
    const deadline = AbortSignal.timeout(timeoutMs);
    const endsAt = performance.now() + timeoutMs;
    let tries = 0;
    const config: AxiosRequestConfig<string> = {
      method: call.method,
      url: this.baseUrl.href,
      ...(call.body === undefined ? {} : { data: JSON.stringify(call.body) }),
      headers: {
        accept: 'application/json',
        'user-agent': this.#options.userAgent ?? 'HFT71-Relay',
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      adapter: async (config) => {
        tries += 1;
        if (tries > 1) await this.#options.beforeCall?.(call.purpose ?? 'orders');
        return this.#try(call, config, deadline);
      },
      ...(call.method === 'GET' ? this.#readAgents : this.#writeAgents),
      responseType: 'text',
      transformRequest: [(data: unknown) => data],
      transformResponse: [(data: unknown) => data],
      maxRedirects: 0,
      maxContentLength: LARGEST_ANSWER_BYTES,
      proxy: false,
      'axios-retry': call.method === 'GET' ? retryWithin(endsAt) : { retries: 0 },
    };
    let answer;
    try {
      answer = await this.#axios.request<unknown>(config);
    } catch (error) {
      if (!axios.isAxiosError(error)) throw error;
      const end = endOf(error, deadline);
      // A key that was taken back is no read-only key.
      if (call.method === 'GET' && end.kind === 'answer' && end.status === 401) this.#keyReads = false;
      throw this.failure(call, end);
    }
    const json = parseJson(answer.data);
    if (json === undefined) throw this.failure(call, { kind: 'unreadable', status: answer.status, code: 'not-json' });
    if (call.method === 'GET' && call.withoutKeys !== true) this.#keyReads = true;
    return { status: answer.status, headers: headersOf(answer), json };
  }

  /** The answer came and is JSON, but not what the method needs. */
  unexpectedShape(call: ShopCall, status: number): CallFailure {
    return this.failure(call, { kind: 'unreadable', status, code: 'unexpected-shape' });
  }

  failure(call: ShopCall, end: Parameters<typeof shopFailure>[1]): CallFailure {
    const { action, method, withoutKeys = false } = call;
    return shopFailure({ action, method, baseUrl: this.baseUrl, keyReads: this.#keyReads, withoutKeys }, end);
  }

  async #try(call: ShopCall, config: InternalAxiosRequestConfig, deadline: AbortSignal) {
    const startedAt = performance.now();
    const record = (status: number | null, code: string | null, headers: Readonly<Record<string, string>> = {}) =>
      this.#options.onCall?.({
        target: 'shop',
        action: call.action,
        method: call.method,
        path: this.#url(call).pathname,
        status,
        code,
        durationMs: Math.round(performance.now() - startedAt),
        orderId: call.orderId ?? null,
        requestId: requestIdOf(headers),
      });
    try {
      // The adapter itself would send in spite of a signal that fired while the budget was waited for.
      if (deadline.aborted) throw new axios.CanceledError();
      const answer = await this.#send(this.#authorized(call, config, deadline));
      this.#clock.heard(headersOf(answer)['date']);
      record(answer.status, null, headersOf(answer));
      return answer;
    } catch (error) {
      const end = axios.isAxiosError(error) ? endOf(error, deadline) : null;
      if (axios.isAxiosError(error) && error.response !== undefined)
        this.#clock.heard(headersOf(error.response)['date']);
      if (end?.kind === 'answer') record(end.status, end.wooCode, end.headers);
      else record(null, end?.code ?? 'bug');
      throw error;
    }
  }

  /** A copy for this try alone: a nonce is taken once, and axios-retry keeps what it is given. */
  #authorized(call: ShopCall, config: InternalAxiosRequestConfig, deadline: AbortSignal): InternalAxiosRequestConfig {
    const url = this.#url(call);
    const { consumerKey, consumerSecret } = this.#options;
    let query = call.query ?? {};
    const headers = config.headers.concat();
    if (call.withoutKeys !== true) {
      if (url.protocol === 'https:') {
        headers.set('authorization', `Basic ${Buffer.from(`${consumerKey}:${consumerSecret}`).toString('base64')}`);
      } else {
        const keys = { consumerKey, consumerSecret };
        const moment = { nonce: freshNonce(), epochSeconds: this.#clock.epochSeconds() };
        query = signQuery(call.method, `${url.origin}${url.pathname}`, query, keys, moment);
      }
    }
    return { ...config, url: `${url.href}${queryText(query)}`, headers, signal: deadline };
  }

  #url(call: ShopCall): URL {
    return new URL(`${this.baseUrl.pathname.replace(/\/+$/, '')}${call.path}`, this.baseUrl);
  }
}

/** Commas stay as they are: a list of 700 ids has to fit into the 8 kB that servers take. */
function queryText(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(
    ([name, value]) => `${percentEncode(name)}=${percentEncode(value).replaceAll('%2C', ',')}`,
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
