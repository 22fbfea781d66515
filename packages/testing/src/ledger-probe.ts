import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { waitFor } from './wait-for.js';

type Row = Record<string, unknown>;

/**
 * Reads the ledger of a relay under test, in plain SQL: none of the product's own reading is trusted with it. Of several
 * shops it reads the one of the settings (`main`).
 */
export class LedgerProbe {
  constructor(readonly pool: Pick<pg.Pool, 'query'>) {}

  async rows(sql: string, params: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(sql, params)).rows;
  }

  async waitForMode(mode: string): Promise<void> {
    await waitFor(async () => (await this.rows(`select mode from shop where id = 'main'`))[0]?.['mode'] === mode, {
      what: `the shop to be ${mode}`,
      timeoutMs: 30_000,
      intervalMs: 50,
    });
  }

  /** `written_back`, `held: in-doubt`, `skipped: on-hold`; `unknown` before the relay has seen the order. */
  async stateOf(orderId: number): Promise<string> {
    return (await this.states([orderId]))[0] as string;
  }

  async states(orderIds: readonly number[]): Promise<string[]> {
    const found = await this.rows(
      `select order_id::int as id, state || coalesce(': ' || reason, '') as state
       from intent where kind = 'send_order' and shop_id = 'main' and order_id = any($1::bigint[])`,
      [orderIds],
    );
    const byId = new Map(found.map((row) => [row['id'], String(row['state'])]));
    return orderIds.map((id) => byId.get(id) ?? 'unknown');
  }

  /** Waits until every one of these orders is in this state. */
  async waitForState(orderIds: number | readonly number[], state: string, timeoutMs = 30_000): Promise<void> {
    const ids = typeof orderIds === 'number' ? [orderIds] : orderIds;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const states = await this.states(ids).catch(() => ['no answer']);
      if (states.every((each) => each === state)) return;
      if (performance.now() > deadline)
        throw new Error(`Waited ${timeoutMs} ms in vain for ${state}: ${tally(states)}`);
      await sleep(50);
    }
  }

  /** Waits until the shop shows all that is to be shown of this order. */
  async waitForWriteBack(orderId: number): Promise<void> {
    await waitFor(
      async () =>
        (await this.rows(`select state from intent where kind = 'write_back' and order_id = $1`, [orderId]))[0]?.[
          'state'
        ] === 'written_back',
      { what: `the write-back of order ${orderId}`, timeoutMs: 20_000 },
    );
  }

  /** Waits until each of these has failed at least once. */
  async waitForFailures(orderIds: readonly number[]): Promise<void> {
    await waitFor(
      async () => {
        const sql = 'select 1 from intent where order_id = any($1::bigint[]) and failures > 0';
        return (await this.rows(sql, [orderIds])).length >= orderIds.length;
      },
      { what: `a failed try of ${orderIds.length} orders`, timeoutMs: 20_000 },
    );
  }

  async detailOf(orderId: number): Promise<string | null> {
    const [row] = await this.rows(
      `select reason_detail from intent where kind = 'send_order' and shop_id = 'main' and order_id = $1`,
      [orderId],
    );
    return (row?.['reason_detail'] ?? null) as string | null;
  }

  /** Outcome and cause of each attempt, oldest first. */
  async attemptsOf(orderId: number): Promise<string[]> {
    const found = await this.rows(
      `select coalesce(a.outcome, 'open') || coalesce(': ' || a.cause, '') as what
       from attempt a join intent i on i.id = a.intent_id where i.shop_id = 'main' and i.order_id = $1 order by a.prepared_at`,
      [orderId],
    );
    return found.map((row) => String(row['what']));
  }

  async alerts(): Promise<string[]> {
    return (await this.rows('select kind from alert where resolved_at is null order by id')).map((row) =>
      String(row['kind']),
    );
  }

  async breaker(): Promise<{ state: string; reason: string | null }> {
    const [row] = await this.rows('select breaker_state as state, breaker_reason as reason from account');
    return row as { state: string; reason: string | null };
  }

  /** Once no sweep has anything more to tell: waits until one has begun and ended after now. */
  async sweptOnce(): Promise<void> {
    const sweeps = async () =>
      (await this.rows(`select swept_at from shop where id = 'main'`))[0]?.['swept_at'] as Date | null;
    for (let seen = 0, last = await sweeps(); seen < 2; seen += 1)
      last = await waitFor(
        async () => {
          const now = await sweeps();
          return now !== null && now.getTime() !== last?.getTime() ? now : null;
        },
        { what: 'a sweep', timeoutMs: 20_000, intervalMs: 50 },
      );
  }

  /** What the ledger knows of orders that are not done, for a test that failed. */
  async evidence(): Promise<string> {
    try {
      const intents = await this.rows(
        `select i.kind, i.order_id::int, i.state, i.reason, i.last_failure, i.failures, i.not_before, i.dispatched_until,
           i.lease_until, i.cancel_requested, o.status, o.modified_gmt, o.before_live, o.first_seen_by,
           (select json_agg(a order by a.prepared_at) from attempt a where a.intent_id = i.id) as attempts
         from intent i join shop_order o on o.shop_id = i.shop_id and o.order_id = i.order_id
         where i.state <> 'written_back' limit 5`,
      );
      const shops = await this.rows(
        'select mode, live_at, swept_at, level_swept_at, sweep_mark, fault, now() from shop',
      );
      return [...shops, ...intents].map((row) => JSON.stringify(row)).join('\n');
    } catch (error) {
      return `The ledger tells nothing: ${String(error)}`;
    }
  }
}

function tally(states: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
}
