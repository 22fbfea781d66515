import { failWith, outage } from './outage.js';

/** The probe is answered, so that the breaker goes to half-open time and again: each time one order pays for it. */
export const outagePostOnly = outage({
  name: 'outage-post-only',
  what: 'HFT71 answers 503 to orders and everything else as always; orders go on arriving',
  isPostOnly: true,
  fail: (sandbox, lastsMs) =>
    failWith(sandbox, { kind: 'status', status: 503, match: { method: 'POST', pathPattern: '/order$' } }, lastsMs),
});
