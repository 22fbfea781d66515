import { holdOrder, releaseOrder, reprint, resolveAbsent, resolveExisting } from '@relay/operations';
import {
  addFeedPage,
  beginFeed,
  closeBreaker,
  declareRestored,
  finishFeed,
  heldOrders,
  keepIfUnknown,
  listAccounts,
  type HeldOrder,
  type Installation,
} from '@relay/ledger';
import { NEWEST, type Command, type History, type OrderChange, type PersonsAct } from './commands.js';
import { FakeHft71 } from './fake-hft71.js';
import { FakeShop } from './fake-shop.js';
import { RelayInProcess, SENDABLE, SETTLE_MS, SHOP_ID, TIMES } from './relay-in-process.js';
import { Run, type Interruption } from './run.js';
import { SteeredClock } from './steered-clock.js';
import type { SteeredDatabase } from './steered-database.js';

/** In HFT71's feed from the start, and only after a bulk re-arm. */
export const FEED_SKU = 'FEED-1';
export const LATER_SKU = 'LATER-1';

/** An order that HFT71 took long before, as the pristine ledger knows it. */
export const CONTROL = { orderId: '7000', referenceId: '1' };
const MOST_ORDERS = 3;

/** Carries the commands of one history out, one after the other, and keeps what was said on the way. */
export class Playing {
  readonly lines: string[] = [];
  readonly clock: SteeredClock;
  readonly shop: FakeShop;
  readonly hft71: FakeHft71;
  readonly relay: RelayInProcess;
  readonly orderIds: number[] = [];
  /** What an undeclared restore made the ledger forget lies after this time; null where there was none. */
  forgottenSince: number | null = null;
  feed: readonly string[] = [FEED_SKU];
  #stalled: Run[] = [];
  #backupAt: number | null = null;
  #runs = 0;

  constructor(
    readonly database: SteeredDatabase,
    installation: Installation,
    readonly accountId: string,
    readonly history: History,
  ) {
    const { ledger } = database;
    const tell = (line: string) => void this.lines.push(line);
    this.clock = new SteeredClock(() => this.hft71.catchUp());
    database.clock = this.clock;
    this.shop = new FakeShop(this.clock);
    this.hft71 = new FakeHft71(this.clock, SETTLE_MS, history.repeated, tell);
    if (history.hasControl) this.hft71.orders.push({ ...CONTROL, at: 0, visibleAt: 0 });
    const outside = { ledger, clock: this.clock, shop: this.shop, hft71: this.hft71 };
    this.relay = new RelayInProcess(outside, installation, accountId, history.settings, tell);
  }

  async play(): Promise<void> {
    for (const command of this.history.commands) {
      this.clock.pass(1); // two acts are never at the same instant
      this.lines.push(`- ${JSON.stringify(command)}`);
      await this.#act(command);
    }
  }

  async #act(command: Command): Promise<void> {
    switch (command.kind) {
      case 'order':
        if (this.orderIds.length < MOST_ORDERS) this.orderIds.push(this.shop.order(FEED_SKU));
        return;
      case 'edit':
      case 'other-line':
      case 'cancel':
      case 'restore':
      case 'hold-back':
      case 'delete':
        return this.#changeOrder(command.kind, picked(this.orderIds, command.pick));
      case 'deliver':
        return this.#deliver(command.pick, command.isLost, command.stop);
      case 'sweep':
        return this.run('a sweep', command.stop, (run) => this.relay.sweep(run, command.which));
      case 'run-job':
        await this.dispatch();
        return this.#runJob(command.pick, command.stop);
      case 'run-past-job': {
        const job = picked(this.relay.pastJobs, command.pick);
        if (job !== undefined)
          await this.run(`past job of ${job.orderId}`, command.stop, (run) => this.relay.work(run, job));
        return;
      }
      case 'keep-house':
        return this.run('housekeeping', command.stop, (run) => this.relay.keepHouse(run));
      case 'settle':
        return this.run('settling', command.stop, (run) => this.relay.settle(run));
      case 'probe':
        return this.run('probing', command.stop, (run) => this.relay.probe(run));
      case 'campaign-goes':
        return this.run('a campaign', command.stop, (run) => this.relay.campaignGoes(run, this.orderIds));
      case 'campaign-stops':
        return this.run('the end of a campaign', command.stop, (run) => this.relay.campaignStops(run));
      case 'resume':
        return this.#resume(command.pick);
      case 'pass':
        return this.clock.pass(command.ms);
      case 'fault-on-post':
        return void this.hft71.faults.push(command.fault);
      case 'fault-on-put':
        return void this.shop.putFaults.push(command.fault);
      case 'look-ups':
        this.hft71.lookUps = command.mode;
        return;
      case 'lose-redis':
        return this.relay.loseRedis();
      case 'backup':
        this.#backupAt = this.clock.nowMs;
        return this.database.copyTo('backup');
      case 'restore-backup':
        return this.#restoreBackup(command.isDeclared);
      case 'bulk-re-arm':
        return this.#bulkReArm();
      case 'hft71-webhook': {
        const order = picked(this.hft71.visible(), command.pick);
        if (order !== undefined) await keepIfUnknown(this.database.ledger, this.accountId, order.orderId);
        return;
      }
      case 'resolve': {
        const held = picked(await heldOrders(this.database.ledger), command.pick);
        if (held !== undefined) await this.resolve(held, command.stop);
        return;
      }
      case 'person-holds':
      case 'person-releases':
      case 'reprint':
        return this.#personActs(command.kind, picked(this.orderIds, command.pick));
    }
  }

  /** One process, which may be stopped on the way. */
  async run(what: string, stop: Interruption | null, work: (run: Run) => Promise<unknown>): Promise<void> {
    const run = new Run(`${what} (run ${++this.#runs})`, stop, (line) => this.lines.push(line));
    if ((await run.start(() => work(run))) === 'stalled') this.#stalled.push(run);
  }

  /** Everything that stood still goes on. */
  async resumeAll(): Promise<void> {
    while (this.#stalled.length > 0) await this.#resume(0);
  }

  async #resume(pick: number): Promise<void> {
    const run = picked(this.#stalled, pick);
    if (run === undefined) return;
    this.#stalled = this.#stalled.filter((each) => each !== run);
    await run.resume();
  }

  async dispatch(): Promise<void> {
    await this.run('dispatch', null, (run) => this.relay.dispatch(run));
  }

  async #runJob(pick: number, stop: Interruption | null): Promise<void> {
    const job = picked(this.relay.jobs, pick);
    if (job === undefined) return;
    this.relay.jobs = this.relay.jobs.filter((each) => each !== job);
    this.relay.pastJobs.push(job);
    await this.run(`${job.kind} of ${job.orderId}`, stop, (run) => this.relay.work(run, job));
  }

  /** @returns how many there were. */
  async runAllJobs(): Promise<number> {
    await this.dispatch();
    const { length } = this.relay.jobs;
    while (this.relay.jobs.length > 0) await this.#runJob(0, null);
    return length;
  }

  async #deliver(pick: number, isLost: boolean, stop: Interruption | null): Promise<void> {
    const delivery = picked(this.shop.deliveries, pick);
    if (delivery === undefined) return;
    this.shop.deliveries.splice(this.shop.deliveries.indexOf(delivery), 1);
    if (!isLost) await this.run(`a delivery of ${delivery.orderId}`, stop, (run) => this.relay.receive(run, delivery));
  }

  #changeOrder(how: OrderChange, id: number | undefined): void {
    const order = id === undefined ? undefined : this.shop.orders.get(id);
    if (order === undefined) return;
    if (how === 'delete') this.shop.delete(order.id);
    if (how === 'cancel') this.shop.change(order.id, { status: 'cancelled' });
    if (how === 'hold-back') this.shop.change(order.id, { status: 'on-hold' });
    if (how === 'restore') this.shop.change(order.id, { status: 'processing' });
    if (how === 'edit')
      this.shop.change(order.id, { shipping: { ...order.shipping, address1: `Way ${this.clock.nowMs}` } });
    if (how === 'other-line')
      this.shop.change(order.id, { lines: order.lines.map((line) => ({ ...line, sku: otherSku(line.sku) })) });
  }

  /** Workers that stand still sleep through it, and wake with what they knew. */
  async #restoreBackup(isDeclared: boolean): Promise<void> {
    // Without the marker nothing tells of a restore that nobody declares: outside of the guarantee.
    if (this.#backupAt === null || !(isDeclared || this.history.settings.marker)) return;
    await this.database.copyBack('backup');
    this.lines.push(`the ledger is as it was at ${new Date(this.#backupAt).toISOString()}`);
    if (!isDeclared) {
      this.forgottenSince = Math.min(this.forgottenSince ?? Infinity, this.#backupAt);
      return;
    }
    const { leaseMs } = TIMES;
    await declareRestored(this.database.ledger, {
      settleMs: SETTLE_MS,
      leaseMs,
      actor: 'test',
      reason: 'test',
      cluster: null,
      unmarkedShops: this.history.settings.marker ? [] : [SHOP_ID],
    });
  }

  /** HFT71's feed has another product more, or less: orders that were left out for it are armed again. */
  async #bulkReArm(): Promise<void> {
    this.feed = this.feed.length === 1 ? [FEED_SKU, LATER_SKU] : [FEED_SKU];
    await this.readFeed();
  }

  /** As the schedule does each hour. */
  async readFeed(): Promise<void> {
    const { ledger } = this.database;
    const feedId = await beginFeed(ledger, this.accountId);
    await addFeedPage(
      ledger,
      feedId,
      this.feed.map((sku) => ({ sku, stock: 1 })),
    );
    await finishFeed(ledger, this.accountId, feedId, SENDABLE);
  }

  async #personActs(how: PersonsAct, id: number | undefined): Promise<void> {
    if (id === undefined) return;
    const act = { wanted: String(id), ...PERSON };
    const does = { 'person-holds': holdOrder, 'person-releases': releaseOrder, reprint }[how];
    await this.run(how, null, async (run) => this.#tellAnswer(await does(this.relay.operations(run), act)));
  }

  /** A person looks at HFT71 and says what is true; afterwards it may take a while until it is written. */
  async resolve(held: HeldOrder, stop: Interruption | null): Promise<boolean> {
    if (held.reason === 'mapping') return false; // to be mended in the shop
    const wanted = held.copy === 1 ? String(held.orderId) : (held.reference ?? '');
    const act = { wanted, token: held.token, ...PERSON };
    const there = this.hft71.visible().find(({ referenceId }) => referenceId === held.reference);
    let isResolved = false;
    await this.run(`a person resolves ${wanted}`, stop, async (run) => {
      const relay = this.relay.operations(run);
      const answer =
        held.reason === 'person' || held.reason === 'deadline'
          ? await releaseOrder(relay, act)
          : there === undefined
            ? await resolveAbsent(relay, act)
            : await resolveExisting(relay, { ...act, hft71OrderId: there.orderId });
      this.#tellAnswer(answer);
      isResolved = answer.kind === 'resolved';
    });
    return isResolved;
  }

  /** What stopped the account has been looked at. */
  async closeStoppedAccount(): Promise<void> {
    for (const { id, breakerOwner } of await listAccounts(this.database.ledger))
      if (breakerOwner === 'relay') await closeBreaker(this.database.ledger, { kind: 'account', id });
  }

  #tellAnswer(answer: { readonly kind: string }): void {
    this.lines.push(`  ${JSON.stringify(answer)}`);
  }
}

const PERSON = { actor: 'test', reason: 'test' };

function picked<T>(from: readonly T[], pick: number): T | undefined {
  return pick === NEWEST ? from.at(-1) : from[pick % Math.max(1, from.length)];
}

function otherSku(sku: string): string {
  return sku === FEED_SKU ? LATER_SKU : FEED_SKU;
}
