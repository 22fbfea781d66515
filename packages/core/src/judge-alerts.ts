import type {
  AccountFacts,
  AlertFacts,
  AlertThresholds,
  BreakerFacts,
  CallFacts,
  ShopFacts,
  StockFacts,
  WebhookFacts,
} from './alert-facts.js';
import { ALERT_KINDS as K, type Severity } from './alert-rules.js';
import { stockLateAfterMs, unreadAfterMs } from './lateness.js';

/** A rule whose condition holds now. */
export interface Finding {
  readonly kind: string;
  readonly severity: Severity;
  /** An account's id, a shop's, or `relay`. */
  readonly subject: string;
  /** One sentence, without customer data. */
  readonly message: string;
  /** Since when it holds; null: since it was first found. */
  readonly since: Date | null;
  /** The newest that shows it, where a rule looks back: it may be over since then. Left out: it holds now. */
  readonly lastAt?: Date | null;
  /** How many it stands for, where people are to be told again of twice as many. */
  readonly count?: number;
  /** It has to hold for so long before it is an alert. */
  readonly forMs: number;
}

/** The rules of `ALERT_RULES`, over one look. Pure: what holds is found, whatever is open already. */
export function judgeAlerts(facts: AlertFacts, limits: AlertThresholds): Finding[] {
  return [
    ...facts.accounts.flatMap((account) => judgeAccount(account, facts, limits)),
    ...facts.shops.flatMap((shop) => judgeShop(shop, facts, limits)),
    ...judgeWorkers(facts, limits),
  ];
}

function judgeAccount(account: AccountFacts, facts: AlertFacts, limits: AlertThresholds): Finding[] {
  const about = (kind: string, severity: Severity, message: string, since: Date | null = null, forMs = 0): Finding => ({
    ...{ kind, severity, message, since, forMs },
    subject: account.id,
  });
  const found: Finding[] = [];
  const { sends, failedSends, failedSinceSuccess, breaker } = account;
  if (failedSends >= limits.failedSends && (failedSends * 2 >= sends || failedSinceSuccess >= limits.failedSends))
    found.push({
      ...about(
        K.failedSends,
        1,
        `${failedSends} of ${sends} hand-offs to ${account.baseUrl} failed in the last ${span(limits.windowMs)}`,
        account.firstFailedSendAt,
      ),
      lastAt: account.lastFailedSendAt,
    });
  else if (account.refusedInARow >= limits.failedSends)
    found.push(
      about(
        K.failedSends,
        1,
        `${account.baseUrl} took none of the last ${account.refusedInARow} orders that it was handed`,
        account.firstRefusedAt,
      ),
    );
  if (areRefused(account, limits) || isLockedOut(breaker))
    found.push({
      ...about(K.credentials, 1, refusedText(`HFT71 (${account.baseUrl})`, account), account.firstUnauthorizedAt),
      lastAt: isLockedOut(breaker) ? null : account.lastUnauthorizedAt,
    });
  if (breaker.state !== 'closed')
    found.push(
      about(
        K.breaker,
        byPerson(breaker) ? 2 : 1,
        `no order goes to HFT71: ${why(breaker)}`,
        null,
        limits.breakerOpenMs,
      ),
    );
  if (isSilent(account.webhook, limits))
    found.push(
      about(
        K.webhookSilent,
        2,
        `HFT71’s webhook told nothing in ${span(limits.webhookSilenceMs)}, in which polling found ${account.webhook.missed} changes${refusedToday(account.webhook)}`,
      ),
    );
  const isAtLimit = account.throttled >= 3 || account.calls >= MOSTLY_USED * account.granted;
  const starvedForMs = Math.max(account.oldestThrottledMs, isAtLimit ? account.oldestWaitingForLimitMs : 0);
  if (account.waitingForLimit > 0 && starvedForMs >= limits.starvedMs)
    found.push(
      about(
        K.starved,
        2,
        `${account.waitingForLimit} orders wait for HFT71’s limit, the oldest for ${span(starvedForMs)}: ` +
          `${account.calls} calls of ${Math.floor(account.granted)} in the last ${span(limits.windowMs)}, ${account.throttled} answered 429`,
      ),
    );
  // Without a worker, or while none gets anything done, that is what is told.
  if (doWorkersWork(facts, limits) && account.due > 0 && account.oldestDueMs >= limits.queueAgeMs)
    found.push(
      about(
        K.queueAge,
        account.oldestDueMs >= 4 * limits.queueAgeMs ? 1 : 2,
        `${account.due} orders could go, and the oldest has waited for ${span(account.oldestDueMs)}`,
      ),
    );
  return found;
}

function judgeShop(shop: ShopFacts, facts: AlertFacts, limits: AlertThresholds): Finding[] {
  const about = (kind: string, severity: Severity, message: string, since: Date | null = null, forMs = 0): Finding => ({
    ...{ kind, severity, message, since, forMs },
    subject: shop.id,
  });
  const found: Finding[] = [];
  const { hostBreaker } = shop;
  if (areRefused(shop, limits) || isLockedOut(hostBreaker))
    found.push({
      ...about(K.credentials, 1, refusedText(`shop ${shop.id}`, shop), shop.firstUnauthorizedAt),
      lastAt: isLockedOut(hostBreaker) ? null : shop.lastUnauthorizedAt,
    });
  if (hostBreaker.state !== 'closed')
    found.push(
      about(
        K.hostBreaker,
        byPerson(hostBreaker) ? 2 : 1,
        `shop ${shop.id} is not called: ${why(hostBreaker)}`,
        null,
        limits.breakerOpenMs,
      ),
    );
  const held = shop.held + shop.heldUpdates;
  if (held > 0)
    found.push({
      ...about(
        K.held,
        held >= limits.heldMany ? 2 : 3,
        heldText(shop),
        earlier(shop.firstHeldAt, shop.firstHeldUpdateAt),
      ),
      count: held,
    });
  if (isSilent(shop.webhook, limits))
    found.push(
      about(
        K.shopWebhookSilent,
        2,
        `shop ${shop.id} delivered nothing in ${span(limits.webhookSilenceMs)}, in which sweeps found ${shop.webhook.missed} orders${refusedToday(shop.webhook)}`,
      ),
    );
  const { unread } = shop;
  if (unread !== null && doWorkersWork(facts, limits) && unread.ageMs > unreadAfterMs(unread.intervalMs))
    found.push(
      about(
        K.notRead,
        1,
        `shop ${shop.id} was not read for ${span(unread.ageMs)}${unread.fault === null ? '' : `: ${unread.fault}`}`,
        null,
        TO_CATCH_UP_MS,
      ),
    );
  const { stock } = shop;
  if (stock !== null && stock.ageMs > stockLateAfterMs(stock.intervalMs))
    found.push(
      about(
        K.noStockSync,
        2,
        noStockText(shop.id, stock),
        new Date(stock.since.getTime() + stockLateAfterMs(stock.intervalMs)), // before that nothing was amiss
      ),
    );
  return found;
}

function judgeWorkers(facts: AlertFacts, limits: AlertThresholds): Finding[] {
  const about = (kind: string, message: string, since: Date | null, forMs: number): Finding => ({
    ...{ kind, message, since, forMs },
    severity: 1,
    subject: 'relay',
  });
  const { workers } = facts;
  if (!workers.areNeeded) return [];
  const found: Finding[] = [];
  if (workers.seen === 0)
    found.push(about(K.noWorker, 'no worker has been seen: nothing is sent', null, limits.noWorkerMs));
  if (isStuck(facts, limits))
    found.push(
      about(
        K.noProgress,
        `${workers.due} pieces of work are due, the oldest for ${span(workers.oldestDueMs)}, and no worker gets anything done`,
        null,
        0,
      ),
    );
  if (!facts.redisAnswers)
    found.push(about(K.redisAway, 'Redis does not answer: no job runs, nothing is sent', null, limits.redisAwayMs));
  return found;
}

/** After workers, Redis or PostgreSQL were away the first sweep has to end. */
const TO_CATCH_UP_MS = 2 * 60_000;

function doWorkersWork(facts: AlertFacts, limits: AlertThresholds): boolean {
  return facts.workers.seen > 0 && facts.redisAnswers && !isStuck(facts, limits);
}

function isStuck({ workers }: AlertFacts, { noProgressMs }: AlertThresholds): boolean {
  const isQuiet = (workers.quietMs ?? Infinity) >= noProgressMs;
  return workers.seen > 0 && workers.due > 0 && workers.oldestDueMs >= noProgressMs && isQuiet;
}

/** Of what the limit grants: nearer than this nobody gets, since slots are taken one by one. */
const MOSTLY_USED = 0.8;
/** A 401 ends a token's life each time: by itself it says nothing. */
const REFUSED_SHARE = 0.2;

function areRefused({ calls, unauthorized }: CallFacts, limits: AlertThresholds): boolean {
  return unauthorized >= limits.unauthorized && unauthorized >= REFUSED_SHARE * calls;
}

/** As long as the breaker is open for that. */
function isLockedOut({ state, owner }: BreakerFacts): boolean {
  return state !== 'closed' && owner === 'unauthorized';
}

function refusedText(who: string, { unauthorized, calls }: CallFacts): string {
  return unauthorized === 0
    ? `${who} refuses the log-in`
    : `${who} answered 401 or 403 to ${unauthorized} of the last ${calls} calls: its keys, its password or its rights are refused`;
}

function isSilent(webhook: WebhookFacts | null, { missedWebhooks }: AlertThresholds): webhook is WebhookFacts {
  return webhook !== null && !webhook.isHeard && webhook.missed >= missedWebhooks;
}

function refusedToday({ refusedToday: refused }: WebhookFacts): string {
  return refused === 0 ? '' : `; ${refused} deliveries were refused today for a wrong secret`;
}

function heldText({ held, heldUpdates }: ShopFacts): string {
  const waiting = (count: number, what: string, command: string) =>
    count === 0 ? [] : [`${count} ${what}${count === 1 ? ' waits' : 's wait'} for a person: ${command}`];
  return [...waiting(held, 'order', 'relay orders held'), ...waiting(heldUpdates, 'update', 'relay statuses')].join(
    '; ',
  );
}

function earlier(one: Date | null, other: Date | null): Date | null {
  return one === null || (other !== null && other < one) ? other : one;
}

function noStockText(shopId: string, { lastAt, since, ageMs, intervalMs }: StockFacts): string {
  if (lastAt === null)
    return `the stock of shop ${shopId} was never synchronised, ${span(ageMs)} after its schedule began`;
  const lastMs = ageMs + since.getTime() - lastAt.getTime();
  return `the stock of shop ${shopId} was last synchronised ${span(lastMs)} ago; every ${span(intervalMs)} is wanted`;
}

function byPerson({ owner }: BreakerFacts): boolean {
  return owner?.startsWith('person:') ?? false;
}

function why({ owner, reason, state }: BreakerFacts): string {
  const by = byPerson({ owner, reason, state }) ? `${owner?.slice('person:'.length) ?? ''} opened the breaker` : null;
  return [by ?? `the breaker is ${state.replace('_', '-')}`, reason].filter((part) => part !== null).join(', ');
}

/** In the largest unit of which there are two or more. */
export function span(ms: number): string {
  const units: [number, string][] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
  ];
  for (const [unitMs, name] of units) if (ms >= 2 * unitMs) return `${Math.round(ms / unitMs)} ${name}`;
  return `${Math.round(ms / 1_000)} s`;
}
