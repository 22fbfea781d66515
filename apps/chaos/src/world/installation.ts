import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  LedgerProbe,
  projectFile,
  RelayProcesses,
  waitFor,
  type Environment,
  type StartedProcess,
  type WorkerOptions,
} from '@relay/testing';
import pg from 'pg';
import type { ListedOrders } from '../run/judgement.js';

/** What the operator's command said. */
export interface CommandAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandSurroundings {
  readonly input?: string;
  readonly settings?: Environment;
  readonly nodeArgs?: readonly string[];
}

/** States in which the relay has nothing more to do by itself. */
const SETTLED = /^(written_back|adopted|shadowed|not_for_hft71|held|rejected|cancelled|skipped)\b/;

/** One relay: its ledger, its Redis, its processes. */
export class Installation extends LedgerProbe {
  constructor(
    readonly processes: RelayProcesses,
    readonly ledger: pg.Pool,
  ) {
    super(ledger);
  }

  static open(settings: Environment, folder: string, nodeArgs: readonly string[]): Installation {
    const ledger = new pg.Pool({ connectionString: settings['DATABASE_URL'], max: 3, connectionTimeoutMillis: 5_000 });
    // Servers are stopped under its feet: the next question makes a new connection.
    ledger.on('error', () => undefined);
    ledger.on('connect', (client) => client.on('error', () => undefined));
    return new Installation(new RelayProcesses(settings, folder, nodeArgs), ledger);
  }

  get settings(): Environment {
    return this.processes.settings;
  }

  startWorker(options?: WorkerOptions): Promise<StartedProcess> {
    return this.processes.startWorker(options);
  }

  /** Starts so many workers, and waits until the shop is live. */
  async startLive(workers: number, options: WorkerOptions = {}): Promise<StartedProcess[]> {
    const started = await Promise.all(Array.from({ length: workers }, () => this.startWorker(options)));
    await this.waitForMode('live');
    return started;
  }

  /** The api on this port, which RELAY_PUBLIC_URL has to name as well where webhooks are to come. */
  startApi(port: number): Promise<StartedProcess> {
    return this.processes.startProgram('apps/api/dist/main.js', { PORT: String(port) }, 'api listening');
  }

  /** What a person types: `relay …`. The command itself says by its exit code whether it was done. */
  relay(...args: readonly string[]): Promise<CommandAnswer> {
    return this.relayReading('', ...args);
  }

  /** The same, with what the command reads from its input. */
  relayReading(input: string, ...args: readonly string[]): Promise<CommandAnswer> {
    return this.relayOtherwise({ input }, ...args);
  }

  /** The same, where its settings or its Node are not those of the other processes. */
  relayOtherwise(
    { input = '', settings = {}, nodeArgs = [] }: CommandSurroundings,
    ...args: readonly string[]
  ): Promise<CommandAnswer> {
    return new Promise((resolve) => {
      const forNode = [...this.processes.nodeArgs, ...nodeArgs];
      const command = [...forNode, projectFile('apps/cli/dist/main.js'), ...args];
      const { PATH = '' } = process.env;
      const env = { PATH, ...this.settings, ...settings };
      const child = execFile(
        process.execPath,
        command,
        { cwd: this.processes.folder, env },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
          resolve({ code, stdout, stderr });
        },
      );
      child.stdin?.on('error', () => undefined); // it has ended without reading
      child.stdin?.end(input);
    });
  }

  /** @throws with what the command said, where it was not done. */
  async mustRelay(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.relay(...args);
    if (code !== 0) throw new Error(`relay ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Refused while a worker lives, and one that was killed counts as living for 30 s. */
  async declareRestored(): Promise<void> {
    await waitFor(
      async () => (await this.relay('ledger', 'restored', '--reason', 'the disk was lost', '--yes')).code === 0,
      { what: 'the restore to be declared', timeoutMs: 45_000, intervalMs: 1_000 },
    );
  }

  /** A person has looked at HFT71, and says that the order is not there. */
  async resolveAsAbsent(orderId: number): Promise<CommandAnswer> {
    const token = await this.tokenOf(orderId);
    const why = ['--reason', 'looked it up at HFT71: not there'];
    return this.relay('orders', 'resolve', String(orderId), '--send', '--attempt', token ?? 'none', ...why, '--yes');
  }

  /** The token that `relay orders show` prints for this order. */
  async tokenOf(orderId: number): Promise<string | null> {
    const [row] = await this.rows(
      `select token from intent where shop_id = 'main' and kind = 'send_order' and order_id = $1`,
      [orderId],
    );
    return (row?.['token'] ?? null) as string | null;
  }

  /**
   * Waits until the relay has nothing more to do for these orders.
   * @returns false when it did not come to an end in time: the judgement tells what was lost by it.
   */
  async settled(orderIds: readonly number[], timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const states = await this.states(orderIds).catch(() => ['no answer']);
      if (states.every((state) => SETTLED.test(state))) return true;
      if (performance.now() > deadline) return false;
      await sleep(100);
    }
  }

  /** Orders with an id of HFT71's that the ledger shows otherwise than as sent: a `sent` that was forgotten. */
  async notShownAsSent(orderIds: readonly number[]): Promise<number> {
    const states = await this.states(orderIds);
    return states.filter((state) => !/^(sent|written_back|adopted)$/.test(state)).length;
  }

  async listed(): Promise<ListedOrders> {
    const rows = await this.rows(
      `select order_id::int as id, state = 'in_doubt' or coalesce(reason, '') = 'in-doubt' as doubt
       from intent where shop_id = 'main' and kind = 'send_order' and state in ('held', 'in_doubt', 'rejected')
       union all
       select split_part(subject, '/', 2)::int, false from alert
       where kind = 'order not taken in' and resolved_at is null`,
    );
    const idsWhere = (doubt: boolean) =>
      new Set(rows.filter((row) => row['doubt'] === doubt).map((row) => Number(row['id'])));
    return { held: idsWhere(false), inDoubt: idsWhere(true) };
  }

  /** Whole tables, for whoever looks into a failure. */
  async dump(): Promise<Record<string, unknown>> {
    const tables = [
      'shop',
      'account',
      'shop_order',
      'intent',
      'attempt',
      'look_up',
      'alert',
      'audit',
      'chaos_breaker',
    ].concat(['incident', 'incident_event', 'alert_message', 'process_beat']);
    const found = await Promise.all(tables.map((table) => this.rows(`select * from ${table}`)));
    return Object.fromEntries(tables.map((table, at) => [table, found[at]]));
  }
}
