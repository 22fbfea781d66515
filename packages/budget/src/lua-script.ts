import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** A script that Redis runs as one step. It is sent by its hash, and in full only where Redis does not know it yet. */
export class LuaScript {
  readonly #text: string;
  readonly #sha1: string;

  constructor(text: string) {
    this.#text = text;
    this.#sha1 = createHash('sha1').update(text).digest('hex');
  }

  async run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#sha1, keys.length, ...keys, ...args);
    } catch (error) {
      const unknownToRedis = error instanceof Error && error.message.startsWith('NOSCRIPT');
      if (!unknownToRedis) throw error;
      return redis.eval(this.#text, keys.length, ...keys, ...args);
    }
  }

  /** For scripts that answer with a list of whole numbers. */
  async numbers(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<readonly number[]> {
    const answer = await this.run(redis, keys, args);
    if (!Array.isArray(answer) || !answer.every((value) => typeof value === 'number'))
      throw new TypeError('This budget script answers with numbers.');
    return answer;
  }
}
