import { forgetfulSettings, loadShop } from '@relay/ledger';
import { offerRestoreCheck } from './ledger-restored.js';
import type { Relay } from './relay.js';

/** A shop is live, and something that going live checks is not so any more: a worker ends with exit code 78. */
export class UnsafeToSend extends Error {
  override readonly name = 'UnsafeToSend';
}

/** The checks of going live that a later change of settings or servers can undo. Asked at each start of a worker. */
export async function assertMaySend(relay: Relay): Promise<void> {
  await offerRestoreCheck(relay);
  for (const shop of relay.shops.values()) {
    const mode = (await loadShop(relay.ledger, shop.id))?.mode;
    if (mode !== 'live' && mode !== 'going_live') continue;
    const forgetful = await forgetfulSettings(relay.ledger);
    if (forgetful.length > 0)
      throw new UnsafeToSend(
        `Shop ${shop.id} is live, and PostgreSQL can forget commits (${forgetful.join(', ')} is off): a forgotten commit ` +
          'is an order sent twice. Switch it on and restart PostgreSQL.',
      );
    if (shop.lines === null)
      throw new UnsafeToSend(
        `Shop ${shop.id} is live, and HFT71_LINES is not set any more. Set it to what it was: all, feed or a pattern, e.g. HFT71_LINES=feed.`,
      );
  }
}
