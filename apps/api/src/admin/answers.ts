import type { Refusal } from '@relay/operations';
import { z, type ZodType } from 'zod';

/** Nothing was changed: what stands against it, and what helps. The same sentences as the command's. */
const refusalSchema = z.object({ what: z.string(), toDo: z.string() });
const errorSchema = z.object({ error: z.string() });
const badRequestSchema = z.object({
  error: z.string(),
  faults: z
    .array(z.object({ field: z.string(), problem: z.string() }))
    .describe('Every field that is missing or wrong'),
});

/** By status: what every route may answer beside its own. */
export function answers<T extends ZodType>(ok: T) {
  return { 200: ok, ...OTHERWISE };
}

/** Of a route that only asks for something: a worker does it. */
export function answersLater<T extends ZodType>(asked: T) {
  return { 202: asked, ...OTHERWISE };
}

const OTHERWISE = {
  400: badRequestSchema.describe('A field is missing or wrong'),
  401: errorSchema.describe('Not logged in'),
  403: errorSchema.describe('The role does not allow it, or the request came from another site'),
  404: refusalSchema.describe('There is no such order or shop'),
  409: refusalSchema.describe('Refused; nothing was changed'),
  503: errorSchema.describe('The database, or Redis, does not answer'),
};

/** Thrown by a route, answered 404 or 409 by the error handler. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.what);
    this.refusal = refusal;
  }

  get status(): 404 | 409 {
    return this.refusal.isUnknown === true ? 404 : 409;
  }
}

/** @throws RefusedRequest */
export function accepted<T extends { readonly kind: string }>(result: T | Refusal): T {
  if (isRefusal(result)) throw new RefusedRequest(result);
  return result;
}

function isRefusal(result: { readonly kind: string }): result is Refusal {
  return result.kind === 'refused';
}
