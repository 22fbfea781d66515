import type { Settings } from '@relay/config';
import { unreadAfterMs } from '@relay/core';
import {
  countWaiting,
  deliveryState,
  findAccount,
  listHosts,
  loadShop,
  storedWebhookSecrets,
  type BreakerView,
  type ShopView,
} from '@relay/ledger';
import type { OpenLedger } from './examine-postgres.js';
import { examineDeliveries, isLater } from './examine-shop-webhooks.js';
import { examineStock } from './examine-stock.js';
import { spanOf } from './examine-work.js';
import type { Cause } from './finding.js';
import type { Examination } from './examination.js';
import { aboutAccount, aboutHost, type ExaminedShop } from './examined-shop.js';

/** What the ledger says of one shop: its mode, its sweeps, its breakers, its webhooks. */
export async function examineShopRecord(
  exam: Examination,
  record: OpenLedger,
  settings: Settings,
  shop: ExaminedShop,
): Promise<void> {
  const view = await loadShop(record.ledger, shop.id);
  if (view === null) return exam.skipped(`shop ${shop.id}: record`, 'the ledger does not know it yet: start a worker');
  const isLive = view.mode === 'live' || view.mode === 'going_live';
  judgeMode(exam, shop.id, view, settings);
  await judgePause(exam, record, view);
  if (isLive && shop.settings.hft71.lines === null)
    exam.found(`shop ${shop.id}: HFT71_LINES`, 'lines', {
      what: 'The shop is live and HFT71_LINES is not set: no worker starts',
      toDo: 'Set it to what it was: all, feed or a pattern; `relay shop check` shows what each would do.',
    });
  judgeSweeps(exam, shop.id, view, settings);
  await examineStock(exam, record, shop);
  await examineBreakers(exam, record, shop);
  await examineDeliveries(exam, record, shop.id);
  await examineHft71Webhook(exam, record, shop);
}

function judgeMode(exam: Examination, id: string, { mode, fault }: ShopView, settings: Settings): void {
  const name = `shop ${id}: mode`;
  if (mode === 'live') return exam.ok(name, 'live');
  if (mode === 'going_live')
    return exam.found(name, 'not-live', {
      what: 'The shop is going live: nothing is sent before the list of what existed before is read',
      toDo: 'Nothing, if somebody has just begun it. If it was broken off a worker goes on with it, and logs what stands against it.',
      isWarning: true,
    });
  if (settings.mode === 'shadow' && fault === null) return exam.ok(name, `${mode}: nothing is sent`);
  exam.found(name, 'not-live', {
    what:
      mode === 'connecting'
        ? 'The shop is not connected yet: nothing is sent'
        : 'The shop is in shadow mode: everything is recorded, and nothing is sent',
    toDo:
      mode === 'connecting'
        ? 'A worker connects it as soon as it can; what hinders it stands above, or in its log.'
        : 'If it is to send: `relay mode live`, which says what stands against it. RELAY_MODE counts at the first start only.',
    evidence: [`RELAY_MODE is ${settings.mode}`, fault === null ? null : `The last fault: ${fault}`],
    isWarning: true,
  });
}

/** Somebody wanted it, so it is no failure; but whoever wonders why nothing is sent may not know. */
async function judgePause(exam: Examination, { ledger }: OpenLedger, view: ShopView): Promise<void> {
  const { id, pausedAt, pausedBy, pauseReason } = view;
  if (pausedAt === null) return;
  const waiting = await countWaiting(ledger, id);
  exam.found(`shop ${id}: pause`, 'paused', {
    what: `No order of the shop is sent: ${pausedBy ?? 'somebody'} paused it ${spanOf(Date.now() - pausedAt.getTime())} ago (${pauseReason ?? 'no reason given'})`,
    toDo: `If it is to send again: \`relay shop resume --shop ${id} --reason …\`; what waits goes then.`,
    evidence: [`Since ${pausedAt.toISOString()}`, `${waiting} ${waiting === 1 ? 'order waits' : 'orders wait'}`],
    isWarning: true,
  });
}

/** The sweeps are the plugin's cron: without them what a webhook missed is never found. */
function judgeSweeps(
  exam: Examination,
  id: string,
  { sweptAt, fault }: { sweptAt: Date | null; fault: string | null },
  { timing }: Settings,
): void {
  const name = `shop ${id}: sweeps`;
  if (sweptAt === null) return exam.skipped(name, 'none yet');
  const sinceMs = Date.now() - sweptAt.getTime();
  if (sinceMs < unreadAfterMs(timing.sweepIntervalMs)) return exam.ok(name, `the last ${spanOf(sinceMs)} ago`);
  exam.found(name, 'sweep-late', {
    what: `The shop was last read completely ${spanOf(sinceMs)} ago: what its webhooks missed is not found`,
    toDo: 'See what the workers log of `sweep`; failed ones stand on /board under maintenance.',
    evidence: [fault === null ? null : `The last fault: ${fault}`],
  });
}

async function examineBreakers(exam: Examination, { ledger }: OpenLedger, shop: ExaminedShop): Promise<void> {
  const { id, settings, isOnly } = shop;
  const close = `relay breaker close${isOnly ? '' : ` --shop ${id}`}`;
  const host = new URL(settings.woocommerce.baseUrl).host;
  const [account, hosts] = await Promise.all([findAccount(ledger, settings.hft71), listHosts(ledger)]);
  if (account !== null)
    tellBreaker(exam.about(aboutAccount(shop)), account, {
      ...{ name: `HFT71 of ${id}: breaker`, symptom: 'hft71-breaker', decision: 'account-stopped' },
      ...{ stopped: 'all calls', close },
    });
  if (account?.frozenUntil != null)
    exam.about(aboutAccount(shop)).found(`HFT71 of ${id}: limit`, 'hft71-limit', {
      what: `HFT71 has answered 429: nothing is called until ${account.frozenUntil.toISOString()}`,
      toDo: 'Nothing: the relay goes on by itself, slower. If it comes again and again, lower HFT71_RATE_LIMIT.',
      isWarning: true,
    });
  const own = hosts.find((each) => each.id === host);
  if (own !== undefined)
    tellBreaker(exam.about(aboutHost(shop)), own, {
      ...{ name: `shop ${id}: breaker`, symptom: 'shop-breaker', decision: 'shop-breaker' },
      ...{ stopped: 'all calls to the shop’s host', close: `${close} --host` },
    });
}

interface Breaker {
  readonly name: string;
  /** Where failures opened it. */
  readonly symptom: Cause;
  /** Where somebody did. */
  readonly decision: Cause;
  readonly stopped: string;
  /** The command, without its reason. */
  readonly close: string;
}

/** Opened by failures it is a symptom; by the relay or by a person it is a decision that somebody has to take back. */
function tellBreaker(exam: Examination, view: BreakerView, breaker: Breaker): void {
  const { breakerState, breakerOwner, breakerReason, breakerSince } = view;
  const { name, symptom, decision, stopped, close } = breaker;
  if (breakerState === 'closed') return exam.ok(name, 'closed');
  const isDecided = breakerOwner === 'relay' || breakerOwner?.startsWith('person:') === true;
  const reason = breakerReason ?? 'no reason given';
  const who = breakerOwner === 'relay' ? 'The relay' : `A person (${breakerOwner?.slice('person:'.length)})`;
  exam.found(name, isDecided ? decision : symptom, {
    what: isDecided
      ? `${who} has stopped ${stopped}: ${reason}`
      : `The breaker is ${breakerState.replace('_', '-')} after failures: ${reason}`,
    toDo: isDecided
      ? `Settle what it names, then \`${close} --reason …\`: nothing else closes it.`
      : 'Mend what fails; it is probed, and closes by itself.',
    evidence: [breakerSince === null ? null : `Since ${breakerSince.toISOString()}`],
  });
}

export async function examineHft71Webhook(
  exam: Examination,
  { ledger }: Pick<OpenLedger, 'ledger'>,
  shop: Pick<ExaminedShop, 'id' | 'settings'>,
): Promise<void> {
  const name = `HFT71 of ${shop.id}: webhook`;
  const { webhookSecrets, webhookSilenceMs } = shop.settings.hft71;
  const state = await deliveryState(ledger, shop.id);
  if (state === null) return;
  const { hft71RefusedAt, hft71HeardAt } = state;
  if (isLater(hft71RefusedAt, hft71HeardAt))
    return exam.found(name, 'hft71-webhook-secret', {
      ...refusedSoOften(state.hft71RefusedLately),
      toDo: 'Run `relay webhook rotate --hft71-side` and enter the new secret at HFT71; or set HFT71_WEBHOOK_SECRET to the one that stands there.',
      evidence: [
        `${state.hft71RefusedToday} refused today, the last at ${hft71RefusedAt.toISOString()}`,
        hft71HeardAt === null ? 'None was ever taken in' : `The last good one came at ${hft71HeardAt.toISOString()}`,
      ],
    });
  if (hft71HeardAt !== null && Date.now() - hft71HeardAt.getTime() > webhookSilenceMs)
    return exam.found(name, 'hft71-webhook-silent', {
      what: `HFT71’s webhook was last heard ${spanOf(Date.now() - hft71HeardAt.getTime())} ago; statuses come by polling`,
      toDo: 'Run `relay webhook test`: it says whether HFT71 can get through. If it can, ask HFT71 whether it calls.',
      isWarning: true,
    });
  const rotated = (await storedWebhookSecrets(ledger)).some((row) => row.shopId === shop.id && row.side === 'hft71');
  const hasSecret = webhookSecrets.length > 0 || rotated;
  exam.ok(name, hft71HeardAt !== null ? `heard at ${hft71HeardAt.toISOString()}` : noneYet(hasSecret));
}

/** One or two may be anybody's who tries doors. HFT71 calls for each change of a status: its wrong secret comes often. */
const OFTEN = 3;

function refusedSoOften(refusals: number): { what: string; isWarning: boolean } {
  return refusals >= OFTEN
    ? {
        what: 'HFT71’s webhook is refused: it shows another secret than HFT71_WEBHOOK_SECRET, or none; statuses come by polling',
        isWarning: false,
      }
    : {
        what: 'A call of HFT71’s webhook was refused: by somebody who tries doors, or HFT71 shows another secret than HFT71_WEBHOOK_SECRET',
        isWarning: true,
      };
}

function noneYet(hasSecret: boolean): string {
  return hasSecret ? 'not heard of yet: statuses come by polling' : 'no secret is set: statuses come by polling alone';
}
