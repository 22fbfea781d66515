import { keyedHash, SecretBox } from '@relay/core';
import type { LogInGuard } from '@relay/hft71';
import {
  openUnauthorized,
  storedPassword,
  storePassword,
  takeLogIn,
  undoLogIn,
  writeAudit,
  type Installation,
  type Ledger,
} from '@relay/ledger';
import type { Logger } from '@relay/observability';
import type { ConnectedShop, Relay } from './relay.js';

interface Account {
  readonly ledger: Ledger;
  readonly accountId: string;
  readonly installation: Installation;
  readonly secretKeys: readonly string[];
}

const boxOf = (secretKeys: readonly string[]) => new SecretBox(secretKeys, 'hft71-password');

/**
 * The password that `relay account password` has set, as long as the setting is the one that it was set instead of; else
 * the setting. So a rotation needs no restart, and a changed setting counts again.
 */
export async function accountPassword(of: Account, setting: string): Promise<string> {
  const stored = await storedPassword(of.ledger, of.accountId);
  if (stored === null || stored.insteadOf !== keyedHash(of.installation.hashKey, setting)) return setting;
  return boxOf(of.secretKeys).open(stored.closed) ?? setting;
}

/** At most three log-ins with a refused password, over all processes; the third opens the breaker, as any refusal does. */
export function ledgerLogInGuard({ ledger, accountId, installation }: Account, log: Logger): LogInGuard {
  const hash = (password: string) => keyedHash(installation.hashKey, password);
  const open = async (reason: string) => {
    if (await openUnauthorized(ledger, accountId, reason))
      log.error('the breaker opens: HFT71 refuses the log-in', { account: accountId, reason });
  };
  return {
    async begin(password) {
      const may = await takeLogIn(ledger, accountId, hash(password));
      if (!may) await open('HFT71 refused the password three times: set another one with relay account password');
      return may;
    },
    async end(password, how) {
      if (how === 'refused') await open('HFT71 refuses user or password');
      else await undoLogIn(ledger, accountId, hash(password), how === 'accepted');
    },
  };
}

/** `relay account password`: workers take it at their next log-in, which the breaker's probe makes. */
export async function setAccountPassword(
  relay: Relay,
  shop: ConnectedShop,
  change: { password: string; actor: string },
): Promise<void> {
  const { ledger, installation, settings } = relay;
  await storePassword(ledger, shop.accountId, {
    closed: boxOf(settings.secretKeys).close(change.password),
    insteadOf: keyedHash(installation.hashKey, shop.settings.hft71.password),
  });
  await writeAudit(ledger, { actor: change.actor, action: 'account password', subject: shop.id });
}
