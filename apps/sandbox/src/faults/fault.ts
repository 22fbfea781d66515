import type { Target } from '../call.js';
import type { Json } from '../json.js';

export const FAULT_KINDS = [
  'refuse',
  'status',
  'accept-then-hang',
  'accept-then-status',
  'accept-late',
  'reset-before',
  'reset-after',
  'hang',
  'latency',
  'drip',
  'cut',
  'redirect',
  'html-200',
  'no-id',
  'malformed-json',
  'expire-tokens',
  'unauthorized',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultMatch {
  method?: string;
  /** Regular expressions as text; the path one sees path and query. */
  pathPattern?: string;
  bodyPattern?: string;
}

export interface Fault {
  id: string;
  target: Target;
  kind: FaultKind;
  match: FaultMatch;
  /** The part of the matching requests that it hits, drawn from the seeded series. */
  share: number;
  /** How often it may hit; null is without end. */
  times: number | null;
  fired: number;
  delayMs?: number;
  status?: number;
  retryAfter?: string;
  body?: Json;
  /** For kinds that can go either way: was the request carried out? */
  processed?: boolean;
  /** `accept-late`: close the connection at once, rather than leave the caller waiting. */
  close?: boolean;
  /** `cut`: how many bytes of the body are sent. */
  cutAfterBytes?: number;
  /** `refuse`: stop listening (connection refused), or destroy the socket at accept (reset). */
  via?: 'close' | 'accept';
}
