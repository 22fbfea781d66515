import { hkdfSync } from 'node:crypto';
import cookie from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';

const COOKIE = 'relay_session';
const SESSION_SECONDS = 12 * 60 * 60;

/** Nothing of what someone may do: that is looked up at each request. */
export interface Session {
  readonly name: string;
  /** See `passwordMark`: of the password that opened it. */
  readonly passwordMark: string;
}

/** Who, until when (ms), by which password. */
const contentSchema = z.tuple([z.string(), z.number(), z.string()]);

/**
 * Sessions as signed cookies: nothing is kept here, so any process of the api knows them. One key is derived from each
 * RELAY_SECRET_KEY: the first signs, and what the key before signed stays good while a rotation lasts.
 */
export class Sessions {
  readonly #signer: InstanceType<typeof cookie.Signer>;
  readonly #attributes: string;

  /** @param secure the browser sends the cookie over https only. */
  constructor(secretKeys: readonly string[], secure: boolean) {
    this.#signer = new cookie.Signer(
      secretKeys.map((key) => Buffer.from(hkdfSync('sha256', key, 'hft71-relay', 'session-cookie', 32))),
    );
    this.#attributes = `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
  }

  open(reply: FastifyReply, { name, passwordMark }: Session): void {
    const content = JSON.stringify([name, Date.now() + SESSION_SECONDS * 1000, passwordMark]);
    const value = this.#signer.sign(Buffer.from(content).toString('base64url'));
    void reply.header('set-cookie', `${COOKIE}=${value}; Max-Age=${SESSION_SECONDS}; ${this.#attributes}`);
  }

  end(reply: FastifyReply): void {
    void reply.header('set-cookie', `${COOKIE}=; Max-Age=0; ${this.#attributes}`);
  }

  /** @returns what the cookie says; null where there is none, or it is not ours, or its time is over. */
  read({ headers }: FastifyRequest): Session | null {
    const sent = (headers.cookie ?? '').split(';').find((part) => part.trim().startsWith(`${COOKIE}=`));
    const { valid, value } = this.#signer.unsign(sent?.trim().slice(COOKIE.length + 1) ?? '');
    if (!valid) return null;
    const content = contentSchema.safeParse(JSON.parse(Buffer.from(value, 'base64url').toString('utf8')));
    if (!content.success) return null; // an older version's
    const [name, expiresAt, passwordMark] = content.data;
    return Date.now() < expiresAt ? { name, passwordMark } : null;
  }
}
