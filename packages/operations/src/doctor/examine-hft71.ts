import { createBudget } from '@relay/budget';
import type { Settings } from '@relay/config';
import { CallFailure, keyedHash, SecretBox } from '@relay/core';
import {
  createHft71Client,
  createMemoryTokenStore,
  createRedisTokenStore,
  type Hft71Client,
  type LogInGuard,
  type StoredToken,
  type TokenStore,
} from '@relay/hft71';
import { findAccount, loadAccount, loadShop, takeLogIn, undoLogIn, type AccountView } from '@relay/ledger';
import type { Redis } from 'ioredis';
import { accountPassword } from '../account-password.js';
import { slotFor } from '../call-budgets.js';
import type { Endpoint } from './endpoint.js';
import type { OpenLedger } from './examine-postgres.js';
import type { ExaminedShop } from './examined-shop.js';
import type { Examination } from './examination.js';
import { hft71Reason } from './hft71-reason.js';

const ANSWER_TIMEOUT_MS = 6_000;
const CONNECT_TIMEOUT_MS = 3_000;

interface Servers {
  readonly settings: Settings;
  readonly record: OpenLedger | null;
  readonly redis: Redis | null;
}

/**
 * A log-in and one entry of the stock feed: two calls of the account's budget, as a probe makes them. A refused log-in is
 * counted with the others, since no password is tried a fourth time; the breaker is left alone.
 */
export async function examineHft71(exam: Examination, servers: Servers, shop: ExaminedShop): Promise<void> {
  const { record, redis } = servers;
  const name = `HFT71 of ${shop.id}`;
  if (record === null || redis === null) {
    const missing = record === null ? 'PostgreSQL counts refused log-ins' : 'Redis holds the budget';
    return exam.skipped(name, `not asked: ${missing}, and cannot be read`);
  }
  const { baseUrl, username } = shop.settings.hft71;
  const before = await accountBefore(record, shop);
  const endpoint: Endpoint = {
    ...{ side: 'hft71', who: 'HFT71', setting: 'HFT71_BASE_URL', baseUrl },
    servedAt: before?.baseUrl ?? null,
  };
  exam.step(`asking HFT71 for ${shop.id}`);
  const evidence = [
    `HFT71_BASE_URL is ${baseUrl}, HFT71_USERNAME ${username}`,
    ...(before === null || isSame(before, shop)
      ? []
      : [`The ledger’s orders are at ${before.baseUrl} as ${before.username}`]),
  ];
  try {
    const client = await clientFor(servers, { record, redis }, shop);
    await client.logInToken();
    exam.ok(`${name}: log-in`, `as ${username} at ${baseUrl}`);
    const page = await client.reading('probe').stockPage(1, 1);
    exam.ok(`${name}: stock`, page.entries === 0 ? 'answers, and is empty' : 'answers');
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    if (error.code === 'redis-away') return exam.skipped(name, 'not asked: Redis takes no call into its budget');
    if (error.code === 'token-store' || error.code === 'log-in-busy')
      return exam.skipped(name, 'not asked: the log-in token in Redis could not be had');
    const reason = hft71Reason(endpoint, error);
    exam.found(name, reason.cause, { ...reason, evidence: [...evidence, error.message] });
  }
  if (before !== null && !isSame(before, shop)) tellChangedAccount(exam, name, before, shop, evidence);
}

/** Where this shop's orders are, as the ledger has it; null before its first start. */
async function accountBefore({ ledger }: OpenLedger, shop: ExaminedShop): Promise<AccountView | null> {
  const view = await loadShop(ledger, shop.id);
  return view === null ? null : loadAccount(ledger, view.accountId);
}

function isSame({ baseUrl, username }: AccountView, { settings: { hft71 } }: ExaminedShop): boolean {
  return baseUrl === hft71.baseUrl && username === hft71.username;
}

/** Whether it answers or not, no process starts with it. */
function tellChangedAccount(
  exam: Examination,
  name: string,
  before: AccountView,
  { settings: { hft71 } }: ExaminedShop,
  evidence: readonly string[],
): void {
  const isUrl = before.baseUrl !== hft71.baseUrl;
  exam.found(`${name}: account`, 'hft71-account', {
    what: `${isUrl ? 'HFT71_BASE_URL' : 'HFT71_USERNAME'} is another one than that of the ledger’s orders: no process starts with it`,
    toDo: 'Set it back; or start with a new DATABASE_URL for the new account.',
    evidence,
  });
}

async function clientFor(
  { settings }: Servers,
  { record, redis }: { record: OpenLedger; redis: Redis },
  { settings: { hft71 } }: ExaminedShop,
): Promise<Hft71Client> {
  const { ledger, installation } = record;
  const account = await findAccount(ledger, hft71);
  const common = {
    baseUrl: hft71.baseUrl,
    username: hft71.username,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
  };
  // No relay has used this account with this ledger: nobody shares its budget, its token or its refusals.
  if (account === null || installation === null)
    return createHft71Client({ ...common, password: hft71.password, tokenStore: createMemoryTokenStore() });
  const of = { ledger, accountId: account.id, installation, secretKeys: settings.secretKeys };
  const own = createBudget({ redis, key: account.id, rate: hft71.rate });
  // At the rate that the workers go by: these settings may be others, and the newest rate announced would be followed.
  const inUse = await own.state().catch(() => null);
  const budget = inUse === null ? own : createBudget({ redis, key: account.id, rate: inUse.configured });
  const shared = createRedisTokenStore(redis, account.id, new SecretBox(settings.secretKeys, 'hft71-token'));
  return createHft71Client({
    ...{ ...common, tokenStore: logsInItself(shared) },
    password: () => accountPassword(of, hft71.password),
    logInGuard: countingGuard(of),
    beforeCall: slotFor(budget, 'hft71', () => 'probe'),
    onThrottled: (retryAfterMs) => void budget.throttled(retryAfterMs).catch(() => undefined),
  });
}

/**
 * A token that others have got says nothing of the password here: the log-in is made anew. Its token is given to all, since
 * an account may have one alone.
 */
function logsInItself(shared: TokenStore): TokenStore {
  let own: StoredToken | null = null;
  return {
    read: async () => own,
    write: async (token) => {
      own = token;
      await shared.write(token);
    },
    markAccepted: (token) => shared.markAccepted(token),
    wasAccepted: (token) => shared.wasAccepted(token),
    withLogInLock: (logIn) => shared.withLogInLock(logIn),
  };
}

/** Counts, and opens no breaker: that is for those who send. */
function countingGuard({
  ledger,
  accountId,
  installation,
}: Pick<OpenLedger, 'ledger'> & { accountId: string; installation: { hashKey: string } }): LogInGuard {
  const hash = (password: string) => keyedHash(installation.hashKey, password);
  return {
    begin: (password) => takeLogIn(ledger, accountId, hash(password)),
    async end(password, how) {
      if (how !== 'refused') await undoLogIn(ledger, accountId, hash(password), how === 'accepted');
    },
  };
}
