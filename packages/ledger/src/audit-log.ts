import { rows, type Ledger } from './connect.js';
import { isAbout } from './incident-accounts.js';

/** Who did what, when, to what, and why. */
export interface AuditLine {
  readonly id: number;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  /** `shop/order`, a shop, a user; an incident; of a breaker the account or the shop's host: as the action has it. */
  readonly subject: string;
  readonly reason: string | null;
  readonly details: Readonly<Record<string, unknown>> | null;
}

export interface AuditFilter {
  /** Also what was done to what it shares with others: its HFT71 account, its host, the ledger. */
  readonly shopId?: string | undefined;
  readonly orderId?: number | undefined;
  readonly actor?: string | undefined;
  /** The whole action, or its beginning: `orders` finds `orders hold`. */
  readonly action?: string | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  readonly limit: number;
}

/** SQL: what shop `$1` shares with others: breakers of its account and host, incidents of its account, the ledger. */
const SHARED_BY_SHOP = `
  select a.base_url || ' as ' || a.username from shop s join account a on a.id = s.account_id where s.id = $1
  union all select substring(s.base_url from '^https?://([^/]+)') from shop s where s.id = $1
  union all select 'incident ' || i.id from shop s join incident i on ${isAbout('s.account_id::text')} where s.id = $1
  union all select 'ledger'`;

/** The latest that fit, the oldest of them first. */
export async function latestAudit(ledger: Ledger, filter: AuditFilter): Promise<AuditLine[]> {
  const { shopId, orderId, actor, action, since, until, limit } = filter;
  const found = await rows<AuditLine>(
    ledger.pool,
    `select id::float8 as id, at, actor, action, subject, reason, details from audit
     where ($1::text is null or split_part(subject, '/', 1) = $1 or subject in (${SHARED_BY_SHOP}))
       and ($2::bigint is null or split_part(subject, '/', 2) = $2::text)
       and ($3::text is null or actor = $3)
       and ($4::text is null or action = $4 or starts_with(action, $4 || ' '))
       and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
     order by at desc, id desc limit $7`,
    [shopId ?? null, orderId ?? null, actor ?? null, action ?? null, since ?? null, until ?? null, limit],
  );
  return found.reverse();
}
