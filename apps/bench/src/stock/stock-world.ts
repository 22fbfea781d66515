import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, startRedis, type LocalServer } from '@relay/local-servers';
import {
  createTemplate,
  createTestDatabase,
  LedgerProbe,
  RelayProcesses,
  Sandbox,
  sandboxSettings,
  waitFor,
  type SandboxProduct,
  type StartedProcess,
} from '@relay/testing';
import pg from 'pg';

interface Size {
  readonly simple: number;
  readonly parents: number;
  readonly variations: number;
}

export interface MeasuredRun {
  readonly calls: number;
  readonly written: number;
  readonly seconds: number;
  readonly diffMs: number;
}

const FIRST_RUN_MS = 20 * 60_000;

/** A shop and an HFT71 with a catalogue of this size, and a relay beside them whose first runs are made. */
export class StockWorld {
  #worker: StartedProcess | null = null;

  private constructor(
    private readonly size_: Size,
    private readonly sandbox: Sandbox,
    private readonly processes: RelayProcesses,
    private readonly ledger: LedgerProbe,
    private readonly closers: (() => Promise<unknown>)[],
  ) {}

  static async open(size: Size): Promise<StockWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'relay-bench-'));
    const servers: LocalServer[] = [await startPostgres({ durable: true }), await startRedis({})];
    const [postgres, redis] = servers as [LocalServer, LocalServer];
    await createTemplate(postgres.url);
    const database = await createTestDatabase(postgres.url);
    const sandbox = await Sandbox.start(folder, []);
    const settings = {
      ...sandboxSettings(sandbox, { databaseUrl: database.url, redisUrl: redis.url }),
      HFT71_STOCK_MOST_ZEROED: '20%',
    };
    const pool = new pg.Pool({ connectionString: database.url, max: 2 });
    // The server is stopped before the pool is over: an idle connection then has nothing to tell.
    pool.on('error', () => undefined);
    const processes = new RelayProcesses(settings, folder);
    const closers = [
      () => processes.killAll(),
      () => sandbox.process.kill('SIGKILL'),
      () => pool.end(),
      ...servers.map((server) => () => server.stop()),
      () => rm(folder, { recursive: true, force: true }),
    ];
    const world = new StockWorld(size, sandbox, processes, new LedgerProbe(pool), closers);
    await sandbox.makeProducts(size);
    await world.freshWorker();
    await world.run(); // reads the catalogue, and what the sandbox's own products differ in
    return world;
  }

  /** A worker that has done nothing yet. */
  async freshWorker(): Promise<StartedProcess> {
    await this.#worker?.kill('SIGTERM');
    this.#worker = await this.processes.startWorker();
    await this.ledger.waitForMode('live');
    return this.#worker;
  }

  /** One whole run. @param sample called while it lasts. */
  async run(sample: () => void = () => undefined): Promise<MeasuredRun> {
    const [{ id } = {}] = await this.ledger.rows(
      `insert into stock_run (shop_id, kind, options, actor) values ('main', 'asked', '{"skus":null,"dryRun":false,"force":false}', 'bench') returning id::text`,
    );
    const ended = await waitFor(
      async () => {
        sample();
        const [row] = await this.ledger.rows(
          `select state, failure, calls, written, diff_ms, extract(epoch from ended_at - started_at)::float8 as seconds
           from stock_run where id = $1 and state not in ('wanted', 'running')`,
          [id],
        );
        return row;
      },
      { what: 'the stock run to end', timeoutMs: FIRST_RUN_MS, intervalMs: 50 },
    );
    if (ended['state'] !== 'finished')
      throw new Error(`the stock run ended ${String(ended['state'])}: ${String(ended['failure'])}`);
    return {
      calls: Number(ended['calls']),
      written: Number(ended['written']),
      seconds: Math.round(Number(ended['seconds']) * 10) / 10,
      diffMs: Number(ended['diff_ms']),
    };
  }

  /** The products that were made for this world. */
  async ours(): Promise<SandboxProduct[]> {
    return (await this.sandbox.products()).filter(({ sku }) => sku.startsWith('ZZ'));
  }

  async size(): Promise<number> {
    const { simple, parents, variations } = this.size_;
    return simple + parents * variations;
  }

  /** HFT71 has another figure of these. */
  async change(skus: readonly string[]): Promise<void> {
    const now = await this.sandbox.hft71Stock();
    await this.sandbox.setHft71({ skus: Object.fromEntries(skus.map((sku) => [sku, (now[sku] ?? 0) + 3])) });
  }

  async writeCalls(): Promise<number> {
    const requests = await this.sandbox.requests('shop');
    return requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/batch')).length;
  }

  /** SKUs whose figures differ between the two. */
  async wrong(): Promise<number> {
    const [hft71, products] = await Promise.all([this.sandbox.hft71Stock(), this.ours()]);
    return products.filter(({ sku, stock }) => hft71[sku] !== stock).length;
  }

  async close(): Promise<void> {
    for (const close of this.closers) await close();
  }
}
