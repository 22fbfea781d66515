import { isNews, secretsEqual, type StatusMapping } from '@relay/core';
import { countHft71Refusal, hintedOrder, hintStatus, keepIfUnknown, recordHft71Delivery } from '@relay/ledger';
import { z } from 'zod';
import type { IntakeContext, WebhookSecrets } from './context.js';
import { isOwnTest } from './own-test.js';

export interface Hft71Delivery {
  /** `X-HFT71-Webhook-Secret` as Node reads it: a repeated one joined, its bytes as latin1. */
  readonly secretHeader: string | undefined;
  readonly contentType: string | undefined;
  readonly rawBody: Buffer;
  /** Of the relay's own log. */
  readonly requestId: string;
  /** `X-Relay-Test`. */
  readonly testHeader?: string | undefined;
}

/** Whose webhook it may be: a secret belongs to a shop's account. */
export interface Hft71WebhookShop {
  readonly id: string;
  readonly accountId: string;
  /** Without any, every call is refused. */
  readonly hft71WebhookSecrets: WebhookSecrets;
  readonly statuses: { readonly mapping: StatusMapping };
}

export type Hft71DeliveryResult = 'known' | 'unknown' | 'unreadable' | 'refused' | 'away';

/**
 * HFT71 tells that an order's status changed: `{ external_id, status }`, JSON or a form, as WordPress takes both. It is a
 * hint, believed only after the API confirms. An id that no order has is kept: it may be that of an order in doubt
 * (protocol, "A free look-up"). Without the right secret nothing is told, not even whether the body can be read.
 */
export async function receiveHft71Webhook(
  ctx: IntakeContext,
  shops: readonly Hft71WebhookShop[],
  delivery: Hft71Delivery,
): Promise<Hft71DeliveryResult> {
  const body = readBody(delivery);
  const owners = await ownersNow(shops, givenSecret(delivery, body));
  const isTest = isOwnTest(ctx.installation, delivery.rawBody, delivery.testHeader);
  if (owners.length === 0) {
    // A test of the relay's own, from a shell with another secret, is none of HFT71's.
    if (!isTest) await countRefusal(ctx, shops);
    return 'refused';
  }
  const told = bodySchema.safeParse(body);
  try {
    if (isTest) return await look(ctx, owners, told.success ? told.data : null);
    return await store(ctx, owners, told.success ? told.data : null, delivery.requestId);
  } catch (error) {
    ctx.log.error('a delivery of HFT71’s could not be stored: HFT71 is told to come again', { error });
    return 'away';
  }
}

/** An id is unique within its account; two shops with one secret may be two accounts. */
async function store(
  ctx: IntakeContext,
  owners: readonly Hft71WebhookShop[],
  told: ToldStatus | null,
  requestId: string,
): Promise<'known' | 'unknown' | 'unreadable'> {
  let result: 'known' | 'unknown' | 'unreadable' = told === null ? 'unreadable' : 'unknown';
  for (const shop of owners) {
    if (told !== null && (await keepIfUnknown(ctx.ledger, shop.accountId, told.external_id)) === 'known') {
      result = 'known';
      await hint(ctx, shop, told);
    }
    const hft71OrderId = told?.external_id ?? null;
    await recordHft71Delivery(ctx.ledger, shop, { result, hft71OrderId, told: told?.status ?? null, requestId });
  }
  return result;
}

/** What no reading has confirmed moves the order's poll to the front. What the relay knows already changes nothing. */
async function hint(ctx: IntakeContext, shop: Hft71WebhookShop, told: ToldStatus): Promise<void> {
  const order = await hintedOrder(ctx.ledger, shop.accountId, told.external_id);
  if (order !== null && isNews(shop.statuses.mapping, told.status, order))
    await hintStatus(ctx.ledger, order.intentId, told.status);
}

/** As `store` answers, without leaving anything. */
async function look(
  ctx: IntakeContext,
  owners: readonly Hft71WebhookShop[],
  told: ToldStatus | null,
): Promise<'known' | 'unknown' | 'unreadable'> {
  if (told === null) return 'unreadable';
  const orders = await Promise.all(owners.map((shop) => hintedOrder(ctx.ledger, shop.accountId, told.external_id)));
  return orders.some((order) => order !== null) ? 'known' : 'unknown';
}

/** A secret that fits none may have been rotated in just now. */
async function ownersNow(shops: readonly Hft71WebhookShop[], given: string): Promise<readonly Hft71WebhookShop[]> {
  const owners = ownersOf(shops, given);
  if (owners.length > 0) return owners;
  const changed = await Promise.all(shops.map(({ hft71WebhookSecrets }) => hft71WebhookSecrets.refresh()));
  return changed.includes(true) ? ownersOf(shops, given) : owners;
}

/** All secrets are compared, whichever fits: how long it takes tells nothing. One shop for each account. */
function ownersOf(shops: readonly Hft71WebhookShop[], given: string): readonly Hft71WebhookShop[] {
  const fitting = shops.filter(({ hft71WebhookSecrets }) =>
    hft71WebhookSecrets
      .accepted()
      .map((secret) => secretsEqual(secret, given))
      .includes(true),
  );
  return [...new Map(fitting.map((shop) => [shop.accountId, shop])).values()];
}

function givenSecret({ secretHeader }: Hft71Delivery, body: unknown): string {
  if (secretHeader !== undefined && secretHeader !== '') return Buffer.from(secretHeader, 'latin1').toString('utf8');
  const inBody = secretSchema.safeParse(body);
  return inBody.success ? inBody.data.webhook_secret : '';
}

const secretSchema = z.object({ webhook_secret: z.string() });

/** HFT71's id is a number in one place and a text in another. No blanks, and nothing that is no character. */
const idSchema = z
  .union([z.string(), z.number().int().nonnegative()])
  .transform((id) => String(id).trim())
  .pipe(z.string().regex(/^[^\p{C}\p{Z}]{1,64}$/u));

const bodySchema = z.object({
  external_id: idSchema,
  status: z
    .string()
    .trim()
    .regex(/^[^\p{C}]{1,200}$/u),
});
type ToldStatus = z.infer<typeof bodySchema>;

function readBody({ contentType, rawBody }: Hft71Delivery): unknown {
  const text = rawBody.toString('utf8');
  if (contentType?.toLowerCase().startsWith('application/x-www-form-urlencoded') === true)
    return Object.fromEntries(new URLSearchParams(text));
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function countRefusal(ctx: IntakeContext, [shop]: readonly Hft71WebhookShop[]): Promise<void> {
  try {
    if (shop !== undefined) await countHft71Refusal(ctx.ledger, shop.id);
  } catch (error) {
    ctx.log.warn('a refused delivery of HFT71’s could not be counted', { error });
  }
}
