import { hkdfSync } from 'node:crypto';
import cookie from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';

const COOKIE = 'relay_session';
const SESSION_SECONDS = 12 * 60 * 60;

/** Who, until when (ms). Nothing else: what someone may do is looked up at each request. */
const sessionSchema = z.tuple([z.string(), z.number()]);

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

  open(reply: FastifyReply, name: string): void {
    const content = JSON.stringify([name, Date.now() + SESSION_SECONDS * 1000]);
    const value = this.#signer.sign(Buffer.from(content).toString('base64url'));
    void reply.header('set-cookie', `${COOKIE}=${value}; Max-Age=${SESSION_SECONDS}; ${this.#attributes}`);
  }

  end(reply: FastifyReply): void {
    void reply.header('set-cookie', `${COOKIE}=; Max-Age=0; ${this.#attributes}`);
  }

  /** @returns the name in the cookie; null where there is none, or it is not ours, or its time is over. */
  read({ headers }: FastifyRequest): string | null {
    const sent = (headers.cookie ?? '').split(';').find((part) => part.trim().startsWith(`${COOKIE}=`));
    const { valid, value } = this.#signer.unsign(sent?.trim().slice(COOKIE.length + 1) ?? '');
    if (!valid) return null;
    const [name, expiresAt] = sessionSchema.parse(JSON.parse(Buffer.from(value, 'base64url').toString('utf8')));
    return Date.now() < expiresAt ? name : null;
  }
}
