import type { SeededRandom } from '@relay/testing';
import { postOf } from '../world/order-with-faults.js';
import type { World } from '../world/world.js';
import type { Crew } from './crew.js';
import { FAULTS_ON_SEND, LIES_OF_LOOK_UP } from './faults.js';

/** Workers at rest; while a history is played there may be fewer, or sleeping ones beside them. */
const WORKERS = 2;
/** A lease, settle, two reads and a breaker that is open in between. */
const SETTLED_MS = 60_000;

/**
 * One story of faults: some orders, what happens to them in the shop and at HFT71, and what becomes of the relay's
 * processes and servers meanwhile. Played on a world that it shares with the stories before it.
 */
export class History {
  readonly orderIds: number[] = [];
  /** What was done, for whoever reads of a failure. */
  readonly told: string[] = [];
  #restoreBackup: (() => Promise<void>) | null = null;
  #wasRestoredInSilence = false;

  constructor(
    readonly world: World,
    readonly crew: Crew,
    readonly random: SeededRandom,
    readonly flushRedis: () => Promise<void>,
  ) {}

  /** @returns whether the relay had nothing more to do for its orders in the end. */
  async play(length: number): Promise<boolean> {
    await this.#order();
    for (let played = 0; played < length; played += 1) {
      const [name, act] = this.random.pick(this.#commands());
      this.told.push(name);
      await act();
    }
    await this.world.sandbox.setHft71({ lookup: { lie: null } });
    this.crew.wakeAll();
    await this.crew.ensure(WORKERS);
    const isSettled = await this.#comesToRest();
    await this.crew.sendSleepersHome();
    return isSettled;
  }

  /**
   * An order that was sent and written back after the backup shows the restored ledger an id which it did not write:
   * where nobody declared the restore, the account stops until a person has looked. Any other stop stays, and is a fault.
   */
  async #comesToRest(): Promise<boolean> {
    const { relay } = this.world;
    const orderIds = await this.#toBeSettled();
    const deadline = performance.now() + SETTLED_MS;
    while (performance.now() < deadline) {
      if (await relay.settled(orderIds, 1_000)) return true;
      const { state, reason } = await relay.breaker();
      if (state !== 'open' || !this.#wasRestoredInSilence || reason?.startsWith('another sender:') !== true) continue;
      this.told.push(`a person closes the breaker: ${reason}`);
      await relay.mustRelay('breaker', 'close', '--reason', 'a backup was restored', '--yes');
    }
    return false;
  }

  /** An order that was cancelled before the relay could see it is nothing to it. */
  async #toBeSettled(): Promise<number[]> {
    const orders = await Promise.all(this.orderIds.map((orderId) => this.world.sandbox.shopOrder(orderId)));
    const states = await this.world.relay.states(this.orderIds);
    return this.orderIds.filter((_, at) => states[at] !== 'unknown' || orders[at]?.status === 'processing');
  }

  /** As often as it stands here, as likely. */
  #commands(): readonly (readonly [string, () => Promise<unknown>])[] {
    const { sandbox } = this.world;
    const order = ['order', () => this.#order()] as const;
    const pause = ['time passes', () => this.#timePasses()] as const;
    return [
      ...[order, order, order, pause, pause],
      ['edit', () => this.#edit({ billing: { address_1: `Way ${this.random.whole(1, 999)}` } })],
      ['cancel', () => this.#edit({ status: 'cancelled' })],
      ['cancel', () => this.#edit({ status: 'cancelled' })],
      ['restore', () => this.#edit({ status: 'processing' })],
      ['restore', () => this.#edit({ status: 'processing' })],
      ['deliver webhooks', () => sandbox.runWebhooks()],
      ['kill a worker', () => this.crew.killOne()],
      ['a worker fails at a step', () => this.crew.startOneThatFails()],
      ['pause a worker', () => this.crew.pauseOne()],
      ['wake the sleepers', async () => this.crew.wakeAll()],
      ['lose Redis', () => this.flushRedis()],
      ['look-ups', () => sandbox.setHft71({ lookup: { lie: this.random.pick(LIES_OF_LOOK_UP) } })],
      ['resolve', () => this.#resolve()],
      ['hold or release', () => this.#holdOrRelease()],
      ['back up', () => this.#backUp()],
      ['restore the backup', () => this.#restore()],
    ];
  }

  async #order(): Promise<void> {
    const { sandbox } = this.world;
    const orderId = await sandbox.oneOrder({ status: 'on-hold' });
    const faults = Array.from({ length: this.random.whole(0, 2) }, () => this.random.pick(FAULTS_ON_SEND));
    for (const fault of faults) await sandbox.faultOnSend({ times: 1, ...fault, match: postOf(orderId) });
    this.told.push(`  ${orderId}: ${JSON.stringify(faults)}`);
    await sandbox.edit(orderId, { status: 'processing' });
    this.orderIds.push(orderId);
  }

  async #edit(change: Record<string, unknown>): Promise<void> {
    await this.world.sandbox.edit(this.random.pick(this.orderIds), change);
  }

  async #timePasses(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.random.whole(50, 2_500)));
  }

  /** A person answers what is held in doubt, and is right: settle is over, so what HFT71 has now is all it will have. */
  async #resolve(): Promise<void> {
    const { relay, sandbox } = this.world;
    const orderId = this.random.pick(this.orderIds);
    if ((await relay.stateOf(orderId)) !== 'held: in-doubt') return;
    const token = (await relay.tokenOf(orderId)) ?? 'none';
    const [first] = await sandbox.acceptedOf(orderId);
    const answer = first === undefined ? ['--send'] : ['--exists', String(first.hft71OrderId)];
    const why = ['--attempt', token, '--reason', 'looked it up at HFT71', '--yes'];
    await relay.relay('orders', 'resolve', String(orderId), ...answer, ...why);
  }

  async #holdOrRelease(): Promise<void> {
    const orderId = String(this.random.pick(this.orderIds));
    const act = this.random.pick(['hold', 'release']);
    await this.world.relay.relay('orders', act, orderId, '--reason', 'asked for', '--yes');
  }

  async #backUp(): Promise<void> {
    await this.crew.stopAll('SIGTERM');
    this.#restoreBackup = await this.world.backUpLedger();
    await this.crew.ensure(WORKERS);
  }

  /** Half of the times nobody declares it: then the markers in the shop are all that is left. */
  async #restore(): Promise<void> {
    const restore = this.#restoreBackup;
    if (restore === null) return;
    this.#restoreBackup = null;
    const isDeclared = this.random.pick([true, false]);
    await this.crew.stopAll(isDeclared ? 'SIGTERM' : 'SIGKILL');
    await restore();
    if (isDeclared) await this.world.relay.declareRestored();
    else this.#wasRestoredInSilence = true;
    await this.crew.ensure(WORKERS);
  }
}
