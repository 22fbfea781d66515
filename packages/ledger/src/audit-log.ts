import { rows, type Ledger } from './connect.js';

/** Who did what, when, to what, and why. */
export interface AuditLine {
  readonly id: number;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  /** `shop/order`, a shop, an account, a user: as the action has it. */
  readonly subject: string;
  readonly reason: string | null;
  readonly details: Readonly<Record<string, unknown>> | null;
}

export interface AuditFilter {
  readonly shopId?: string | undefined;
  readonly orderId?: number | undefined;
  readonly actor?: string | undefined;
  /** The whole action, or its beginning: `orders` finds `orders hold`. */
  readonly action?: string | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  readonly limit: number;
}

/** The latest that fit, the oldest of them first. */
export async function latestAudit(ledger: Ledger, filter: AuditFilter): Promise<AuditLine[]> {
  const { shopId, orderId, actor, action, since, until, limit } = filter;
  const found = await rows<AuditLine>(
    ledger.pool,
    `select id::float8 as id, at, actor, action, subject, reason, details from audit
     where ($1::text is null or subject = $1 or split_part(subject, '/', 1) = $1)
       and ($2::bigint is null or split_part(subject, '/', 2) = $2::text)
       and ($3::text is null or actor = $3)
       and ($4::text is null or action = $4 or starts_with(action, $4 || ' '))
       and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
     order by at desc, id desc limit $7`,
    [shopId ?? null, orderId ?? null, actor ?? null, action ?? null, since ?? null, until ?? null, limit],
  );
  return found.reverse();
}
