import { randomUUID } from 'node:crypto';
import { loadSettings } from '@relay/config';
import { ALERT_KINDS } from '@relay/core';
import {
  alone,
  beat,
  connectLedger,
  finishBaseline,
  finishGoingLive,
  listIncidents,
  planStockRuns,
  startGoingLive,
  type IncidentView,
  type ToldChange,
} from '@relay/ledger';
import { createSilentLogger } from '@relay/observability';
import { createTestDatabase, createTestRedis } from '@relay/testing';
import { openRelay } from '../open-relay.js';
import { ENVIRONMENT_SHOP_ID, type Relay } from '../relay.js';
import { evaluateAlerts } from './evaluate-alerts.js';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** A relay with one live shop, on a ledger whose `now()` is the clock that the test moves: a day passes in seconds. */
export interface AlertWorld {
  readonly relay: Relay;
  readonly databaseUrl: string;
  readonly accountId: string;
  sql(text: string, params?: unknown[]): Promise<Record<string, unknown>[]>;
  advance(ms: number): Promise<void>;
  /** The shop was read completely, as a worker does each minute. */
  sweep(): Promise<void>;
  /** A worker that lives and gets things done, sweeps among them. */
  workerBeats(): Promise<void>;
  /** As a process of the relay does. */
  evaluate(): Promise<ToldChange[]>;
  /** Time passes, with a worker that beats, and is judged every so often. @returns all that was told. */
  pass(ms: number, everyMs?: number): Promise<ToldChange[]>;
  firing(): Promise<string[]>;
  incidents(): Promise<IncidentView[]>;
  /** A whole stock run that ended well. */
  stockRun(): Promise<void>;
  /** What workers do each second; null: HFT71_STOCK_SYNC_ENABLED is off there. */
  planStock(everyMs?: number | null): Promise<void>;
  calls(count: number, call?: Partial<TestCall>): Promise<void>;
  /** Orders with an intent in this state. */
  orders(count: number, order?: Partial<TestOrder>): Promise<void>;
  close(): Promise<void>;
}

export interface TestCall {
  readonly action: string;
  readonly target: 'hft71' | 'shop';
  readonly status: number | null;
  readonly code: string | null;
  readonly orderId: number | null;
  readonly requestId: string | null;
  readonly method: string;
  readonly path: string;
}
export interface TestOrder {
  readonly firstId: number;
  readonly state: string;
  readonly reason: string | null;
  readonly firstSeenBy: string;
}

const STEERING = `
create schema steered;
create table steered.clock (now timestamptz not null);
insert into steered.clock values ('2026-11-25T00:00:00Z'); -- a Wednesday
create function steered.now() returns timestamptz language sql stable as 'select now from steered.clock';
do $$
declare c record;
begin
  for c in select table_name, column_name from information_schema.columns
           where table_schema = 'public' and column_default = 'CURRENT_TIMESTAMP' loop
    execute format('alter table %I alter column %I set default steered.now()', c.table_name, c.column_name);
  end loop;
  execute format('alter database %I set search_path = steered, public, pg_catalog', current_database());
end $$`;

export async function startAlertWorld(settings: Readonly<Record<string, string>> = {}): Promise<AlertWorld> {
  const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
  const steering = connectLedger({ databaseUrl: database.url, applicationName: 'steering', maxConnections: 1 });
  await steering.pool.query(STEERING);
  await steering.close();
  const relay = await openRelay(
    loadSettings({
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      RELAY_SECRET_KEY: 'k'.repeat(32),
      WC_BASE_URL: 'http://127.0.0.1:1',
      WC_CONSUMER_KEY: 'ck_test',
      WC_CONSUMER_SECRET: 'cs_test',
      WC_WEBHOOK_SECRET: 'a-secret-for-tests',
      HFT71_BASE_URL: 'http://127.0.0.1:2',
      HFT71_USERNAME: 'u',
      HFT71_PASSWORD: 'p',
      HFT71_LINES: 'all',
      HFT71_WEBHOOK_SECRET: 'another-secret',
      HFT71_STOCK_SYNC_ENABLED: 'on',
      RELAY_PUBLIC_URL: 'https://relay.example',
      ...settings,
    }),
    createSilentLogger(),
  );
  const { ledger } = relay;
  const accountId = relay.shops.get(ENVIRONMENT_SHOP_ID)?.accountId ?? '';
  const sql = async (text: string, params: unknown[] = []) =>
    (await ledger.pool.query<Record<string, unknown>>(text, params)).rows;
  const now = new Date('2026-11-25T00:00:00Z');
  await finishBaseline(ledger, ENVIRONMENT_SHOP_ID, now);
  await startGoingLive(ledger, ENVIRONMENT_SHOP_ID, now);
  await finishGoingLive(ledger, ENVIRONMENT_SHOP_ID, now, []);
  const worker = randomUUID();

  const world: AlertWorld = {
    relay,
    databaseUrl: database.url,
    accountId,
    sql,
    advance: async (ms) => {
      await sql(`update steered.clock set now = now + $1::bigint * interval '1 millisecond'`, [ms]);
    },
    sweep: async () => {
      await sql('update shop set swept_at = now(), fault = null');
    },
    workerBeats: async () => {
      await beat(ledger, { id: worker, kind: 'worker', host: 'test', pid: 1, progressed: true });
      await world.sweep();
    },
    evaluate: async () => {
      let told: ToldChange[] = [];
      await alone(ledger, 'alerts', async () => {
        told = await evaluateAlerts(relay);
      });
      return told;
    },
    pass: async (ms, everyMs = 15 * SECOND) => {
      const told: ToldChange[] = [];
      for (let at = 0; at < ms; at += everyMs) {
        await world.advance(Math.min(everyMs, ms - at));
        await world.workerBeats();
        told.push(...(await world.evaluate()));
      }
      return told;
    },
    firing: async () =>
      (await sql('select kind from alert where resolved_at is null order by kind')).map(({ kind }) => String(kind)),
    incidents: () => listIncidents(ledger, { all: true, limit: 100 }),
    stockRun: async () => {
      await sql(
        `insert into stock_run (shop_id, kind, state, options, wanted_at, started_at, ended_at)
         values ('main', 'scheduled', 'finished', '{"skus":null,"dryRun":false,"force":false}', now(), now(), now())`,
      );
    },
    planStock: (everyMs = HOUR) => planStockRuns(ledger, ENVIRONMENT_SHOP_ID, { everyMs, uncheckedMs: 30 * SECOND }),
    calls: async (count, call = {}) => {
      const { action = 'send_order', target = 'hft71', status = 200, code = null, ...rest } = call;
      const { orderId = null, requestId = null, method = 'POST', path = '/order' } = rest;
      await sql(
        `insert into api_call (at, shop_id, target, action, method, path, status, code, duration_ms, order_id, request_id)
         select now(), 'main', $2, $3, $4, $5, $6, $7, 10, $8, $9 from generate_series(1, $1)`,
        [count, target, action, method, path, status, code, orderId, requestId],
      );
    },
    orders: async (count, order = {}) => {
      const { firstId = 1, state = 'ready', reason = null, firstSeenBy = 'webhook' } = order;
      await sql(
        `with o as (
           insert into shop_order (shop_id, order_id, number, order_key_hash, status, created_gmt, modified_gmt, content_hash, lines, first_seen_by, created_at)
           select 'main', n, n::text, 'k', 'processing', now(), now(), 'c', '[]', $4, now() from generate_series($2::int, $2::int + $1::int - 1) n
           returning order_id
         )
         insert into intent (id, kind, shop_id, order_id, account_id, state, reason, reference, created_at, state_since, hft71_order_id)
         select gen_random_uuid(), 'send_order', 'main', order_id, $6, $3, $5, order_id::text, now(), now(),
                case when $3 in ('sent', 'written_back') then 'H' || order_id end
         from o`,
        [count, firstId, state, firstSeenBy, reason, accountId],
      );
    },
    close: async () => {
      await relay.close();
      await redis.close();
      await database.drop();
    },
  };
  await world.workerBeats();
  await world.planStock();
  await world.stockRun();
  return world;
}

export const K = ALERT_KINDS;
