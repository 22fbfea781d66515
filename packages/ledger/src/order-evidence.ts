import { rows, type Ledger } from './connect.js';
import type { HandOffState } from '@relay/core';

interface OrderOfShop {
  readonly shopId: string;
  readonly orderId: number;
}

export interface CallView {
  readonly at: Date;
  readonly target: string;
  readonly action: string;
  readonly method: string;
  readonly path: string;
  /** null where no answer came; `code` says why. */
  readonly status: number | null;
  readonly code: string | null;
  readonly durationMs: number;
}

/** Calls about this very order, the newest first. Log-ins and look-ups are about none: those have their own evidence. */
export async function callsOf(ledger: Ledger, order: OrderOfShop, limit = 50): Promise<CallView[]> {
  return rows(
    ledger.pool,
    `select at, target, action, method, path, status, code, duration_ms as "durationMs" from api_call
     where shop_id = $1 and order_id = $2 order by at desc, id desc limit $3`,
    [order.shopId, order.orderId, limit],
  );
}

export interface AuditView {
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly reason: string | null;
  readonly details: Readonly<Record<string, unknown>> | null;
}

/** What people did about this order, the newest first. */
export async function auditOf(ledger: Ledger, order: OrderOfShop, limit = 50): Promise<AuditView[]> {
  return rows(
    ledger.pool,
    `select at, actor, action, reason, details from audit where subject = $1 order by at desc, id desc limit $2`,
    [`${order.shopId}/${order.orderId}`, limit],
  );
}

export interface ReprintView {
  readonly intentId: string;
  /** 2, 3, … */
  readonly copy: number;
  readonly reference: string;
  readonly state: HandOffState;
  readonly reason: string | null;
  readonly hft71OrderId: string | null;
  readonly stateSince: Date;
}

export async function reprintsOf(ledger: Ledger, order: OrderOfShop): Promise<ReprintView[]> {
  return rows(
    ledger.pool,
    `select id as "intentId", copy, reference, state, reason, hft71_order_id as "hft71OrderId", state_since as "stateSince"
     from intent where shop_id = $1 and order_id = $2 and kind = 'reprint' order by copy`,
    [order.shopId, order.orderId],
  );
}
