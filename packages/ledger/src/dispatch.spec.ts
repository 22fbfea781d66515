import type { Planned } from './connect.js';
import { TAKE_CAMPAIGN_SENDS, TAKE_SENDS } from './dispatch.js';
import { SHOP, startLedgerWorld, type LedgerWorld } from './testing-world.js';

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
});
afterEach(() => world.close());

const sql = (text: string, params: unknown[] = []) => world.ledger.pool.query<Record<string, unknown>>(text, params);

const REFUSED = 300;
const RELEASED = 100;

/** After an outage: many refused orders, a batch of them released by a campaign, and one live order. */
async function afterAnOutage(): Promise<void> {
  for (let orderId = 1; orderId <= REFUSED + 1; orderId += 1) await world.receive({ orderId });
  await sql(`update intent set state = 'rejected', reason = 'http-422' where order_id <= $1`, [REFUSED]);
  const campaign = await sql(
    `insert into campaign (shop_id, account_id, selection, created_by, state, batch_size, canary_size, share, stop_percent, watch_ms, started_at)
     values ($1, $2, '{}', 'eve', 'running', 500, 3, 0.5, 20, 0, now()) returning id`,
    [SHOP, world.accountId],
  );
  await sql(`update intent set state = 'ready', reason = null, campaign_id = $1 where order_id <= $2`, [
    campaign.rows[0]?.['id'],
    RELEASED,
  ]);
  await sql('analyze intent'); // as PostgreSQL does by itself within a minute
}

interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Rows of `intent` that the statement reads, as PostgreSQL counts them. */
async function intentsReadBy({ text }: Planned): Promise<number> {
  const values = [`'${world.accountId}'`, '60000', '20', '10'];
  const bound = text.replace(/\$([1-4])/g, (_, no: string) => values[Number(no) - 1] ?? '');
  // Small tables are read whole, index or not: what is asked here is whether an index fits.
  const client = await world.ledger.pool.connect();
  try {
    await client.query('begin');
    await client.query('set local enable_seqscan = off');
    const explained = await client.query<{ 'QUERY PLAN': readonly [{ Plan: PlanNode }] }>(
      `explain (analyze, format json) ${bound}`,
    );
    await client.query('rollback');
    return readIn((explained.rows[0] as { 'QUERY PLAN': readonly [{ Plan: PlanNode }] })['QUERY PLAN'][0].Plan);
  } finally {
    client.release();
  }
}

function readIn(node: PlanNode): number {
  const { 'Actual Rows': given = 0, 'Actual Loops': loops = 0, 'Rows Removed by Filter': removed = 0 } = node;
  const own = node['Relation Name'] === 'intent' ? (given + removed) * loops : 0;
  return own + (node.Plans ?? []).reduce((sum, each) => sum + readIn(each), 0);
}

it('a look at what is due reads what it takes, however many orders are refused or released by a campaign', async () => {
  await afterAnOutage();
  const live = await intentsReadBy(TAKE_SENDS);
  expect(live).toBeGreaterThan(0);
  expect(live).toBeLessThan(10);
  await sql(`update intent set not_before = now() + interval '1 hour' where campaign_id is null and state = 'ready'`);
  const ofCampaign = await intentsReadBy(TAKE_CAMPAIGN_SENDS);
  expect(ofCampaign).toBeGreaterThan(0);
  expect(ofCampaign).toBeLessThan(20);
});
