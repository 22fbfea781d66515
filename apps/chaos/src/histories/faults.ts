/** What one POST of an order meets; HFT71 accepts it, or does not, within settle of the call's end. */
export const FAULTS_ON_SEND: readonly Record<string, unknown>[] = [
  { kind: 'accept-then-hang' },
  { kind: 'accept-then-hang' },
  { kind: 'accept-then-status', status: 502 },
  { kind: 'accept-late', delayMs: 2_500 },
  { kind: 'accept-late', delayMs: 500, close: true },
  { kind: 'reset-after' },
  { kind: 'reset-before' },
  { kind: 'hang' },
  { kind: 'cut' },
  { kind: 'malformed-json' },
  { kind: 'no-id' },
  { kind: 'html-200' },
  { kind: 'unauthorized' },
  { kind: 'status', status: 403, body: { message: 'Forbidden' } },
  { kind: 'status', status: 422, body: { message: 'bad city' } },
  { kind: 'status', status: 429, retryAfter: '1' },
  { kind: 'status', status: 503 },
  { kind: 'latency', delayMs: 1_500 },
];

/** The truth is as likely as all the lies together. */
export const LIES_OF_LOOK_UP = [null, null, null, 'filter-ignored', 'html-200', '404'] as const;

export const STEPS_TO_DIE_AT = [
  'after-read',
  'after-prepare',
  'after-marker',
  'before-claim',
  'after-claim',
  'before-post',
  'after-post',
  'before-record',
  'after-record',
  'before-write-back',
  'after-write-back',
] as const;
