import { CallFailure, type FoundOrder, type LookUpAnswer } from '@relay/core';
import { z } from 'zod';
import type { ApiAnswer, ApiCall, ApiHttp } from './api-http.js';
import { LOOK_UP_FULL_PAGE, orderPath } from './assumptions.js';
import type { Hft71Order, ReadPurpose, SkuStatus } from './hft71-client.js';
import type { LogIn } from './log-in.js';

type ReadCall = Omit<ApiCall, 'method' | 'token' | 'budget'>;

/** Reads with the shared token; after a 401 once more with the next one. */
export class Reader {
  constructor(
    private readonly http: ApiHttp,
    private readonly logIn: LogIn,
    private readonly purpose: ReadPurpose,
  ) {}

  async get(read: ReadCall): Promise<ApiAnswer> {
    const call: ApiCall = { ...read, method: 'GET', budget: this.purpose };
    const token = await this.logIn.token();
    try {
      return await this.#with(call, token);
    } catch (error) {
      if (!(error instanceof CallFailure) || error.status !== 401 || error.action !== call.action) throw error;
      return this.#with(call, await this.logIn.refused(token));
    }
  }

  unreadable(read: ReadCall, answer: ApiAnswer): CallFailure {
    return this.http.unreadable({ ...read, method: 'GET', budget: this.purpose }, answer);
  }

  async #with(call: ApiCall, token: string): Promise<ApiAnswer> {
    const answer = await this.http.call({ ...call, token });
    void this.logIn.accepted(token);
    return answer;
  }
}

/** A number in the POST's answer and a string in the webhook (documented): text, wherever it comes from. */
const idText = z.union([z.string().min(1), z.number().int()]).transform(String);
const optionalText = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined || value === '' ? null : String(value)));

/** No control characters: nothing that a database refuses. */
const plainText = z.string().regex(/^[^\p{C}]{1,200}$/u);
const skuStatuses = z.array(z.object({ sku: plainText, status: plainText }));

export async function skuStatus(
  reader: Reader,
  orderId: string,
  below: '/status' | '/customer-status',
  shopOrderId?: number,
): Promise<SkuStatus[]> {
  const call: ReadCall = { action: 'get_status', path: orderPath(orderId, below), pathKind: 'one-thing', shopOrderId };
  const answer = await reader.get(call);
  const parsed = skuStatuses.safeParse(answer.json).data;
  if (parsed === undefined) throw reader.unreadable(call, answer);
  return parsed;
}

const order = z.object({
  orderId: idText,
  referenceId: optionalText,
  shipping: z.object({ carrier: optionalText, tracking: optionalText, trackingRet: optionalText }).nullish(),
});

/** assumed: `GET /order/{id}` answers the reference and the parcel's numbers. */
export async function readOrder(
  reader: Reader,
  orderId: string,
  shopOrderId?: number,
): Promise<Hft71Order | 'not-found'> {
  const call: ReadCall = { action: 'sync_shipping', path: orderPath(orderId), pathKind: 'one-thing', shopOrderId };
  let answer: ApiAnswer;
  try {
    answer = await reader.get(call);
  } catch (error) {
    if (error instanceof CallFailure && error.failure === 'not-found') return 'not-found';
    throw error;
  }
  const parsed = order.safeParse(answer.json).data;
  if (parsed === undefined || parsed.orderId !== orderId) throw reader.unreadable(call, answer);
  return { orderId: parsed.orderId, referenceId: parsed.referenceId, shipping: parsed.shipping ?? null };
}

const foundOrder = z.object({ orderId: idText, referenceId: idText });
const found = z.union([z.array(foundOrder), foundOrder.transform((one): FoundOrder[] => [one])]);

/** assumed: the path answers an order or a list of orders. Anything else proves nothing. */
export async function lookUpByReference(
  reader: Reader,
  pathTemplate: string,
  reference: string,
  fullPage: number = LOOK_UP_FULL_PAGE,
): Promise<LookUpAnswer> {
  const path = pathTemplate.replaceAll('{referenceId}', encodeURIComponent(reference));
  let answer: ApiAnswer;
  try {
    answer = await reader.get({ action: 'look_up_order', path, pathKind: 'one-thing' });
  } catch (error) {
    if (error instanceof CallFailure && error.failure === 'not-found') return { kind: 'not-found' };
    throw error;
  }
  if (answer.status !== 200) return { kind: 'unreadable', reason: `http-${answer.status}` };
  if (answer.json === undefined) return { kind: 'unreadable', reason: 'not-json' };
  const parsed = found.safeParse(answer.json).data;
  if (parsed === undefined) return { kind: 'unreadable', reason: 'unexpected-shape' };
  if (parsed.length >= fullPage) return { kind: 'unreadable', reason: 'full-page' };
  return { kind: 'orders', orders: parsed };
}
