import {
  advanceCampaigns,
  adoptShownIds,
  createHousekeeping,
  HandOffFailed,
  LookUpControlCache,
  probeBreakers,
  readBackCampaigns,
  sendOrder,
  settleDoubts,
  writeBack,
  type HandOffContext,
  type ShopRuntime,
} from '@relay/handoff';
import { levelSweep, sweep, takeOrder, type IntakeContext, type IntakeShop } from '@relay/intake';
import { CallFailure } from '@relay/core';
import {
  freezeAccount,
  listAccounts,
  listCampaigns,
  takeDueCampaignSends,
  takeDueSends,
  takeDueWriteBacks,
  wantOrderRead,
  type DoubtRules,
  type DueIntent,
  type Installation,
  type Ledger,
} from '@relay/ledger';
import { createSilentLogger } from '@relay/observability';
import { cancelResend, planResend, resumeResend, startResend, type ConnectedShop, type Relay } from '@relay/operations';
import { FakeBudget } from './fake-budget.js';
import type { FakeHft71 } from './fake-hft71.js';
import type { FakeShop, ShopDelivery } from './fake-shop.js';
import { interruptibleLedger } from './interruptible-ledger.js';
import type { Run } from './run.js';
import type { SteeredClock } from './steered-clock.js';

export const SHOP_ID = 'main';
export const SENDABLE = ['processing'];

const NO_STOCK: IntakeShop['stock'] = {
  ...{ enabled: false, everyMs: 3_600_000, catalogueEveryMs: 86_400_000 },
  rules: { falls: 'accepted', safety: 0, missing: 'leave' },
  ...{ mostZeroed: 0.2, mostChanged: 1, largest: 1_000_000 },
};

/** The protocol's times. */
export const TIMES = {
  sendByMs: 2_000,
  leaseMs: 45_000,
  preparedTimeoutMs: 45_000,
  dispatchLeaseMs: 60_000,
  markerBackoffMs: 60_000,
  slotWaitMs: 2_000,
  lookUpGapMs: 60_000,
};
const PERSON = { actor: 'test', reason: 'test' };
export const SETTLE_MS = 10 * 60_000;
const DEADLINE_MS = 24 * 60 * 60_000;
const ADOPTIONS_A_SWEEP = 20;

export interface RelaySettings {
  readonly policy: DoubtRules['policy'];
  readonly hasLookUp: boolean;
  readonly marker: boolean;
}

export interface Outside {
  readonly ledger: Ledger;
  readonly clock: SteeredClock;
  readonly shop: FakeShop;
  readonly hft71: FakeHft71;
}

/**
 * The relay's functions, wired as the worker wires them, with the shop, HFT71 and Redis in memory. Each run is a process of
 * its own: nothing is shared between two but the ledger, the jobs and what is outside.
 */
export class RelayInProcess {
  readonly budget: FakeBudget;
  /** What lies in Redis. */
  jobs: DueIntent[] = [];
  /** Jobs that a person may start again from the Board. */
  readonly pastJobs: DueIntent[] = [];
  readonly #log = createSilentLogger();

  constructor(
    readonly outside: Outside,
    readonly installation: Installation,
    readonly accountId: string,
    readonly settings: RelaySettings,
    readonly tell: (line: string) => void,
  ) {
    this.budget = new FakeBudget(outside.clock);
  }

  loseRedis(): void {
    this.jobs = [];
    this.budget.lose();
  }

  /** The dispatcher's tick, with a list for the queue. */
  async dispatch(run: Run): Promise<void> {
    const ledger = interruptibleLedger(this.outside.ledger, run);
    for (const account of await listAccounts(ledger)) {
      if (account.sendWindow === 0) continue;
      const limits = { maxUnmirrored: 20 };
      this.jobs.push(...(await takeDueSends(ledger, account.id, TIMES.dispatchLeaseMs, limits)));
      if (account.campaignShare !== null)
        this.jobs.push(...(await takeDueCampaignSends(ledger, account.id, TIMES.dispatchLeaseMs, limits)));
    }
    this.jobs.push(...(await takeDueWriteBacks(ledger, TIMES.dispatchLeaseMs, 20)));
  }

  async work(run: Run, job: DueIntent): Promise<void> {
    const { ctx } = this.#process(run);
    try {
      const what = await (job.kind === 'write_back' ? writeBack(ctx, job.id) : sendOrder(ctx, job.id));
      this.tell(`${run.what}: ${what}`);
    } catch (error) {
      if (!(error instanceof HandOffFailed)) throw error;
      this.tell(`${run.what}: ${error.message}`);
    }
  }

  async keepHouse(run: Run): Promise<void> {
    const { ctx, shop } = this.#process(run);
    const { ledger } = ctx;
    const accounts = [shop];
    const { preparedTimeoutMs } = TIMES;
    const watches = {
      ledger,
      log: this.#log,
      preparedTimeoutMs,
      deadlineMs: DEADLINE_MS,
      settleMs: SETTLE_MS,
      accounts,
    };
    await createHousekeeping({ ...watches, onReady: () => undefined })();
    await readBackCampaigns(ctx);
    await this.#moveCampaigns(ledger);
  }

  async #moveCampaigns(ledger: Ledger): Promise<void> {
    await advanceCampaigns({ ledger, log: this.#log, onReady: () => undefined });
  }

  /** A person sends again what of all orders may be, or lets a stopped campaign go on; a worker makes the next step. */
  async campaignGoes(run: Run, orderIds: readonly number[]): Promise<void> {
    const relay = this.operations(run);
    const [newest] = await listCampaigns(relay.ledger, { limit: 1 });
    const act = { ...PERSON, campaignId: newest?.id ?? 0 };
    if (newest?.state === 'paused' || newest?.state === 'cancelled') await resumeResend(relay, act);
    else if (newest === undefined || ['planned', 'verified', 'not_verified'].includes(newest.state)) {
      const shop = relay.shops.get(SHOP_ID) as ConnectedShop;
      const plan = await planResend(relay, shop, { orders: orderIds.map(String) }, PERSON);
      const rules = { batchSize: 2, canarySize: 2, sharePercent: 50, stopPercent: 100 };
      if (plan.kind === 'plan' && plan.campaignId !== null)
        await startResend(relay, { ...act, campaignId: plan.campaignId }, rules);
    }
    await this.#moveCampaigns(relay.ledger);
  }

  async campaignStops(run: Run): Promise<void> {
    const relay = this.operations(run);
    const [newest] = await listCampaigns(relay.ledger, { limit: 1 });
    if (newest !== undefined) await cancelResend(relay, { ...PERSON, campaignId: newest.id });
  }

  async settle(run: Run): Promise<void> {
    const { ctx, shop } = this.#process(run);
    await settleDoubts(ctx, [shop], new LookUpControlCache());
  }

  async probe(run: Run): Promise<void> {
    const { ctx, shop } = this.#process(run);
    await probeBreakers(ctx, [shop]);
  }

  async sweep(run: Run, which: 'changes' | 'level'): Promise<void> {
    const { ctx, intake, shop } = this.#process(run);
    try {
      if (which === 'level') await levelSweep(intake, shop);
      else await sweep(intake, shop);
      await adoptShownIds(ctx, shop, ADOPTIONS_A_SWEEP);
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      this.tell(`${run.what}: ${error.message}`);
    }
  }

  async receive(run: Run, { orderId, order }: ShopDelivery): Promise<void> {
    const { intake, shop } = this.#process(run);
    const delivery = { deliveryId: null, topic: order === null ? 'order.deleted' : 'order.updated' };
    if (order === null) await wantOrderRead(intake.ledger, SHOP_ID, orderId, delivery);
    else await takeOrder(intake, shop, order, { seenBy: 'webhook', delivery });
  }

  /** For a person's commands: the few parts of it that they use. */
  operations(run: Run): Relay {
    const { ctx, shop } = this.#process(run);
    const parts: Pick<Relay, 'ledger' | 'installation' | 'log'> = ctx;
    const rate = { calls: 100, windowMs: 1_000 };
    const withSettings = { ...shop, settings: { hft71: { rate }, woocommerce: { rate } } };
    const settings = { timing: { campaignWatchMs: 0 } };
    return { ...parts, settings, shops: new Map([[SHOP_ID, withSettings]]) } as unknown as Relay;
  }

  #process(run: Run): { ctx: HandOffContext; intake: IntakeContext; shop: ShopRuntime & IntakeShop } {
    const { outside, installation, settings } = this;
    const ledger = interruptibleLedger(outside.ledger, run);
    const { policy, hasLookUp, marker } = settings;
    const shop: ShopRuntime & IntakeShop = {
      id: SHOP_ID,
      accountId: this.accountId,
      host: 'shop.example',
      woocommerce: outside.shop.client(run),
      hft71: outside.hft71.client(run),
      budget: this.budget,
      throttled: async (retryAfterMs) => {
        const { frozenForMs } = await this.budget.throttled(retryAfterMs);
        await freezeAccount(ledger, this.accountId, frozenForMs);
      },
      doubtRules: { policy, hasLookUp },
      lookUpPath: hasLookUp ? '/order?referenceId={referenceId}' : null,
      sendableStatuses: SENDABLE,
      lines: 'feed',
      template: {},
      notProcessedStatuses: [],
      duplicatePattern: null,
      marker,
      maxUnmirrored: 20,
      orderNotes: false, // calls of which nothing depends
      settleMs: SETTLE_MS,
      webhookSecrets: { accepted: () => [''], refresh: async () => false },
      sendDelayMs: 0,
      reference: { source: 'id', prefix: '' },
      sweepOverlapMs: 5 * 60_000,
      publicUrl: null,
      statuses: { mapping: { rows: [] }, mixedOrders: false, backwards: false, lines: true },
      updates: null,
      stock: NO_STOCK,
    };
    const intake = { ledger, installation, log: this.#log };
    const ctx = {
      ...intake,
      shops: new Map([[SHOP_ID, shop]]),
      times: TIMES,
      worker: run.what,
      onProgress: () => undefined,
    };
    return { ctx, intake, shop };
  }
}
