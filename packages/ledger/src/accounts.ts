import { randomUUID } from 'node:crypto';
import { BREAKER_COLUMNS, openBreaker, type BreakerTimes, type BreakerView } from './breaker.js';
import { sendingCampaign } from './campaign-sending.js';
import { oneRow, planned, rows, type Ledger } from './connect.js';

export interface AccountView extends BreakerView {
  readonly id: string;
  readonly baseUrl: string;
  readonly username: string;
  /** POSTs that may be on their way at once now; 0 while the breaker is open or the account frozen. */
  readonly sendWindow: number;
  readonly maxInFlight: number;
  /** Until when a 429 has frozen it; null when it is not frozen. */
  readonly frozenUntil: Date | null;
  /** Of the budget, 0 … 1: what the campaign that sends now may use; null while none does. */
  readonly campaignShare: number | null;
}

const COLUMNS = `id, base_url as "baseUrl", username, send_window(a) as "sendWindow", max_in_flight as "maxInFlight",
  case when frozen_until > now() then frozen_until end as "frozenUntil",
  (select c.share from campaign c where c.account_id = a.id and ${sendingCampaign('c')}) as "campaignShare", ${BREAKER_COLUMNS}`;

export interface AccountTimes extends BreakerTimes {
  readonly windowStepMs: number;
}

/** The protocol's times. */
export const DEFAULT_ACCOUNT_TIMES: AccountTimes = {
  probeMs: 5_000,
  probeMaxMs: 30_000,
  reopenMs: 60_000,
  reopenMaxMs: 30 * 60_000,
  windowStepMs: 5_000,
};

/** The account of this base URL and user, made when it is new. Its times follow the settings of who starts last. */
export async function ensureAccount(
  ledger: Ledger,
  account: { baseUrl: string; username: string; maxInFlight: number; times?: AccountTimes },
): Promise<AccountView> {
  const { probeMs, probeMaxMs, reopenMs, reopenMaxMs, windowStepMs } = account.times ?? DEFAULT_ACCOUNT_TIMES;
  const row = await oneRow<AccountView>(
    ledger.pool,
    `insert into account as a (id, base_url, username, window_base, max_in_flight, probe_ms, probe_max_ms, reopen_ms, reopen_max_ms, window_step_ms)
     values ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9)
     on conflict (base_url, username) do update set max_in_flight = excluded.max_in_flight, probe_ms = excluded.probe_ms,
       probe_max_ms = excluded.probe_max_ms, reopen_ms = excluded.reopen_ms, reopen_max_ms = excluded.reopen_max_ms,
       window_step_ms = excluded.window_step_ms
     returning ${COLUMNS}`,
    [
      randomUUID(),
      account.baseUrl,
      account.username,
      account.maxInFlight,
      probeMs,
      probeMaxMs,
      reopenMs,
      reopenMaxMs,
      windowStepMs,
    ],
  );
  return row as AccountView;
}

export async function loadAccount(ledger: Ledger, accountId: string): Promise<AccountView | null> {
  return oneRow<AccountView>(ledger.pool, `select ${COLUMNS} from account a where id = $1`, [accountId]);
}

/** Reads only: where the settings name an account that no relay has used with this ledger, there is none. */
export async function findAccount(
  ledger: Ledger,
  account: { baseUrl: string; username: string },
): Promise<AccountView | null> {
  return oneRow<AccountView>(ledger.pool, `select ${COLUMNS} from account a where base_url = $1 and username = $2`, [
    account.baseUrl,
    account.username,
  ]);
}

export async function listAccounts(ledger: Ledger): Promise<AccountView[]> {
  return rows<AccountView>(
    ledger.pool,
    planned('list accounts', `select ${COLUMNS} from account a order by created_at`),
  );
}

/** *Stopping the account*: its breaker opens with owner `relay`; only a person closes it (protocol, "Breaker"). */
export async function stopAccount(ledger: Ledger, accountId: string, reason: string): Promise<boolean> {
  return openBreaker(ledger, { kind: 'account', id: accountId }, { owner: 'relay', reason });
}

/** A 429's freeze, beside the one in Redis: claims, dispatch and the deadline's clock are the ledger's. */
export async function freezeAccount(ledger: Ledger, accountId: string, durationMs: number): Promise<void> {
  await ledger.pool.query(
    `update account set frozen_until = greatest(frozen_until, now() + $2::bigint * interval '1 millisecond') where id = $1`,
    [accountId, Math.ceil(durationMs)],
  );
}
