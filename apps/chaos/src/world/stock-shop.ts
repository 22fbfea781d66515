import { waitFor } from '@relay/testing';
import type { World } from './world.js';

const ENDED = `state not in ('wanted', 'running')`;

export interface EndedRun {
  readonly state: string;
  readonly failure: string | null;
  readonly written: number;
  readonly raced: number;
  readonly skipped: number;
}

/** The stock of a world's shop: its figures by the sandbox's own account, and the relay's runs. */
export class StockShop {
  constructor(readonly world: World) {}

  async firstRun(): Promise<void> {
    await this.#untilEnded(`kind = 'scheduled'`);
  }

  /** Asks for a run and waits for its end. */
  async run(): Promise<EndedRun> {
    return this.#untilEnded(`id = ${await this.ask()}`);
  }

  async ask(): Promise<string> {
    const [row] = await this.world.relay.rows(
      `insert into stock_run (shop_id, kind, options, actor)
       values ('main', 'asked', '{"skus":null,"dryRun":false,"force":false}', 'chaos') returning id::text as id`,
    );
    return String(row?.['id']);
  }

  async ended(runId: string): Promise<EndedRun> {
    return this.#untilEnded(`id = ${runId}`);
  }

  async reached(runId: string, steps: readonly string[]): Promise<void> {
    await waitFor(
      async () =>
        (await this.world.relay.rows(`select 1 from stock_run where id = ${runId} and step = any($1)`, [steps]))
          .length > 0,
      { what: `run ${runId} to reach ${steps.join(' or ')}`, timeoutMs: 60_000, intervalMs: 20 },
    );
  }

  /** Waits until a try of the run has failed. @returns why. */
  async failure(runId: string): Promise<string> {
    const row = await waitFor(
      async () =>
        (await this.world.relay.rows(`select failure from stock_run where id = ${runId} and failure is not null`))[0],
      { what: `a try of run ${runId} to fail`, timeoutMs: 60_000, intervalMs: 50 },
    );
    return String(row['failure']);
  }

  async #untilEnded(which: string): Promise<EndedRun> {
    const row = await waitFor(
      async () =>
        (
          await this.world.relay.rows(
            `select state, failure, written, raced, skipped from stock_run where ${which} and ${ENDED} order by id desc limit 1`,
          )
        )[0],
      { what: `the stock run with ${which} to end`, timeoutMs: 90_000, intervalMs: 50 },
    );
    return {
      state: String(row['state']),
      failure: typeof row['failure'] === 'string' ? row['failure'] : null,
      written: Number(row['written']),
      raced: Number(row['raced']),
      skipped: Number(row['skipped']),
    };
  }

  /** SKU by SKU, as the shop has them. */
  async figures(): Promise<ReadonlyMap<string, number | null>> {
    const products = await this.world.sandbox.products();
    return new Map(products.filter(({ sku }) => sku !== '').map(({ sku, stock }) => [sku, stock]));
  }

  async moved(before: ReadonlyMap<string, number | null>): Promise<number> {
    const now = await this.figures();
    return [...now].filter(([sku, stock]) => before.get(sku) !== stock).length;
  }

  /** SKUs that both have, and whose figures differ. */
  async differing(): Promise<number> {
    const [hft71, shop] = await Promise.all([this.world.sandbox.hft71Stock(), this.figures()]);
    return [...shop].filter(([sku, stock]) => hft71[sku] !== undefined && hft71[sku] !== stock).length;
  }

  /** `kind count, kind count`, as the report tells them. */
  async findings(): Promise<string> {
    const { stdout } = await this.world.relay.relay('stock', 'status', '--json');
    const { findings } = JSON.parse(stdout) as { findings: { kind: string; count: number }[] };
    return findings.map(({ kind, count }) => `${kind} ${count}`).join(', ');
  }
}
