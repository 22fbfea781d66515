import { failWith, outage } from './outage.js';

/** The dearest one: until the first answer is missed every POST that may be on its way is. */
export const outageHang = outage({
  name: 'outage-hang',
  what: 'HFT71 takes every request and answers none; orders go on arriving',
  fail: (sandbox, lastsMs) => failWith(sandbox, { kind: 'hang' }, lastsMs),
});
