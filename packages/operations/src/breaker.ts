import {
  closeBreaker,
  listHosts,
  loadAccount,
  openBreaker,
  resolveAlertsOfAccount,
  writeAudit,
  type AccountView,
  type BreakerOf,
  type HostView,
} from '@relay/ledger';
import type { ConnectedShop, Relay } from './relay.js';

export interface Breakers {
  readonly account: AccountView;
  readonly host: HostView | null;
}

/** The breaker of the shop's HFT71 account, and that of its host. */
export async function readBreakers(relay: Relay, shop: ConnectedShop): Promise<Breakers> {
  const [account, hosts] = await Promise.all([loadAccount(relay.ledger, shop.accountId), listHosts(relay.ledger)]);
  if (account === null) throw new Error(`the account of shop ${shop.id} is not in the ledger`);
  return { account, host: hosts.find(({ id }) => id === shop.host) ?? null };
}

export interface BreakerAct {
  readonly which: BreakerOf['kind'];
  readonly actor: string;
  readonly reason: string;
}

function breakerOf(shop: ConnectedShop, which: BreakerOf['kind']): BreakerOf {
  return { kind: which, id: which === 'account' ? shop.accountId : shop.host };
}

/** Nothing is called until a person closes it. @returns false when the relay has stopped the account already. */
export async function openBreakerByPerson(relay: Relay, shop: ConnectedShop, by: BreakerAct): Promise<boolean> {
  const opened = await openBreaker(relay.ledger, breakerOf(shop, by.which), {
    owner: `person:${by.actor}`,
    reason: by.reason,
  });
  if (opened) await auditBreaker(relay, shop, by, 'breaker open', {});
  return opened;
}

/**
 * A person closes it, having settled what opened it: a stopped account is never closed by anything else. Log-ins with a
 * refused password may be tried again. What stopped an account is settled for all of its shops, and also where it was told
 * only after the account went again. @returns false when it was closed already, and nothing was told.
 */
export async function closeBreakerByPerson(relay: Relay, shop: ConnectedShop, by: BreakerAct): Promise<boolean> {
  const before = await readBreakers(relay, shop);
  const { breakerOwner = null, breakerReason = null } = (by.which === 'account' ? before.account : before.host) ?? {};
  const ended = by.which === 'account' ? await resolveAlertsOfAccount(relay.ledger, STOPPED_KINDS, shop.accountId) : 0;
  if (!(await closeBreaker(relay.ledger, breakerOf(shop, by.which))) && ended === 0) return false;
  await auditBreaker(relay, shop, by, 'breaker close', { openedBy: breakerOwner, openedFor: breakerReason });
  return true;
}

/** Told together with the stop of an account; each is a shop's. */
const STOPPED_KINDS = ['another sender', 'another installation is sending'];

async function auditBreaker(
  relay: Relay,
  shop: ConnectedShop,
  { which, actor, reason }: BreakerAct,
  action: string,
  details: Record<string, unknown>,
): Promise<void> {
  const { baseUrl, username } = shop.settings.hft71;
  const subject = which === 'account' ? `${baseUrl} as ${username}` : shop.host;
  await writeAudit(relay.ledger, { actor, reason, action, subject, details });
}
