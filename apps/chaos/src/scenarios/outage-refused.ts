import { failWith, outage } from './outage.js';

export const outageRefused = outage({
  name: 'outage-refused',
  what: 'HFT71 answers 503 to everything, then takes no connection; orders go on arriving',
  async fail(sandbox, lastsMs) {
    await failWith(sandbox, { kind: 'status', status: 503 }, lastsMs / 2);
    await failWith(sandbox, { kind: 'refuse' }, lastsMs / 2);
  },
});
