import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from './call.js';
import type { Json } from './json.js';

export interface RequestEntry {
  at: number;
  target: Target;
  method: string;
  path: string;
  /** The status answered, or null where no answer was sent. */
  status: number | null;
  ended: string;
  ms: number;
  auth: string;
  overLimit?: true;
  fault?: string;
  body?: Json;
}

export interface AcceptedEntry {
  at: number;
  hft71OrderId: number;
  referenceId: string;
  marker: string;
  items: Json;
}

export interface OrderEntry {
  at: number;
  id: number;
  marker: string;
  /** A WooCommerce status, or `deleted`, or `restored-away` when a restored database no longer knows the order. */
  status: string;
  hft71: boolean;
  hft71OrderId: string | null;
  relayMarker: string | null;
  /** Whether it ever was in processing: kept up in memory, and in each line, so that the last line tells. */
  everSendable?: boolean;
}

export const RECORD_FILES = {
  requests: 'requests.ndjson',
  accepted: 'accepted.ndjson',
  orders: 'shop-orders.ndjson',
} as const;

const KEPT_REQUESTS = 200_000;

/**
 * What happened, independent of what anybody believes. Written synchronously, line by line, before the effect is visible
 * to a client: a killed sandbox has told everything it did. Memory keeps the newest requests only; the files keep all.
 */
export class Recorder {
  readonly accepted: AcceptedEntry[] = [];
  readonly orders = new Map<string, OrderEntry>();
  requestCount = 0;
  rateLimited = 0;
  overLimit = 0;
  readonly #requests: RequestEntry[] = [];
  readonly #files = new Map<string, number>();

  constructor(dir?: string) {
    if (dir === undefined) return;
    mkdirSync(dir, { recursive: true });
    for (const file of Object.values(RECORD_FILES)) this.#files.set(file, openSync(join(dir, file), 'a'));
  }

  request(entry: RequestEntry): void {
    this.requestCount += 1;
    if (entry.target === 'hft71' && entry.status === 429) this.rateLimited += 1;
    if (entry.overLimit) this.overLimit += 1;
    this.#requests.push(entry);
    if (this.#requests.length > KEPT_REQUESTS * 1.1) this.#requests.splice(0, this.#requests.length - KEPT_REQUESTS);
    this.#append(RECORD_FILES.requests, entry);
  }

  accept(entry: AcceptedEntry): void {
    this.accepted.push(entry);
    this.#append(RECORD_FILES.accepted, entry);
  }

  order(entry: OrderEntry): void {
    const everSendable = entry.status === 'processing' || this.orders.get(entry.marker)?.everSendable === true;
    const whole = { ...entry, everSendable };
    this.orders.set(entry.marker, whole);
    this.#append(RECORD_FILES.orders, whole);
  }

  requests(): readonly RequestEntry[] {
    return this.#requests;
  }

  close(): void {
    for (const handle of this.#files.values()) closeSync(handle);
    this.#files.clear();
  }

  #append(file: string, entry: object): void {
    const handle = this.#files.get(file);
    if (handle !== undefined) writeSync(handle, `${JSON.stringify(entry)}\n`);
  }
}
