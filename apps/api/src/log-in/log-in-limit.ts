import { createHash } from 'node:crypto';
import { normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const MINUTE_MS = 60_000;
const LOG_INS_PER_MINUTE_AND_NAME = 10;
const LOG_INS_PER_MINUTE = 60;

/**
 * How often an address may try a name, and any names. Behind a proxy that RELAY_TRUST_PROXY does not name, everybody has
 * the proxy's address: by name, so that whoever guesses at one account locks nobody else out; by address, more widely, so
 * that guessing at many names has an end too.
 */
export class LogInLimit {
  readonly #names = new WeakMap<FastifyRequest, string>();
  readonly #countByName: ReturnType<FastifyInstance['createRateLimit']>;
  readonly #countByAddress: ReturnType<FastifyInstance['createRateLimit']>;

  constructor(app: FastifyInstance) {
    this.#countByName = app.createRateLimit({
      max: LOG_INS_PER_MINUTE_AND_NAME,
      timeWindow: MINUTE_MS,
      keyGenerator: (request) => `${normalizeIP(request.ip)} ${this.#names.get(request) ?? ''}`,
    });
    this.#countByAddress = app.createRateLimit({ max: LOG_INS_PER_MINUTE, timeWindow: MINUTE_MS });
  }

  /** @returns the seconds to wait; null when this log-in may be tried. One refused by its name does not count further. */
  async count(request: FastifyRequest, name: string): Promise<number | null> {
    this.#names.set(request, createHash('sha256').update(name).digest('base64'));
    for (const count of [this.#countByName, this.#countByAddress]) {
      const counted = await count(request);
      if (!counted.isAllowed && counted.isExceeded) return counted.ttlInSeconds;
    }
    return null;
  }
}
