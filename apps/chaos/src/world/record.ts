import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const shopOrderLine = z.looseObject({
  at: z.number(),
  id: z.number(),
  marker: z.string(),
  status: z.string(),
  hft71: z.boolean(),
  hft71OrderId: z.string().nullable(),
  relayMarker: z.string().nullable(),
});
export type ShopOrderLine = z.infer<typeof shopOrderLine>;

const acceptedLine = z.looseObject({
  at: z.number(),
  hft71OrderId: z.number(),
  referenceId: z.string(),
  marker: z.string(),
});
export type AcceptedLine = z.infer<typeof acceptedLine>;

const requestLine = z.looseObject({
  at: z.number(),
  target: z.enum(['shop', 'hft71']),
  method: z.string(),
  path: z.string(),
  status: z.number().nullable(),
  ms: z.number(),
  overLimit: z.boolean().optional(),
  fault: z.string().optional(),
  body: z.unknown().optional(),
});
export type RequestLine = z.infer<typeof requestLine>;

/** What the sandbox wrote down: nothing in it comes from the product. */
export interface SandboxRecord {
  readonly shopOrders: readonly ShopOrderLine[];
  readonly accepted: readonly AcceptedLine[];
  readonly requests: readonly RequestLine[];
}

export function readRecord(folder: string): SandboxRecord {
  return {
    shopOrders: readLines(join(folder, 'shop-orders.ndjson'), shopOrderLine),
    accepted: readLines(join(folder, 'accepted.ndjson'), acceptedLine),
    requests: readLines(join(folder, 'requests.ndjson'), requestLine),
  };
}

export interface OrderPost {
  readonly at: number;
  readonly reference: string;
  /** The id of the fault that it met. */
  readonly fault: string | null;
}

/** Every request for an order at HFT71, whatever became of it. */
export function postsIn({ requests }: SandboxRecord): OrderPost[] {
  return requests.flatMap(({ at, target, method, path, body, fault = null }) => {
    if (target !== 'hft71' || method !== 'POST' || path !== '/order') return [];
    const reference = z.object({ referenceId: z.string() }).safeParse(body).data?.referenceId;
    return [{ at, reference: reference ?? '', fault }];
  });
}

function readLines<T>(path: string, line: z.ZodType<T>): T[] {
  if (!existsSync(path)) return [];
  const texts = readFileSync(path, 'utf8').split('\n');
  texts.pop(); // empty, or a line that a kill cut off: its effect was never seen
  return texts.map((text) => line.parse(JSON.parse(text)));
}
