import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  advanceCampaigns,
  createHousekeeping,
  LookUpControlCache,
  probeBreakers,
  readBackCampaigns,
  settleDoubts,
  startDispatcher,
  type HandOffContext,
} from '@relay/handoff';
import { planPolls, seeOrdersIn, sweep, type IntakeContext } from '@relay/intake';
import { beat, forgetBeat } from '@relay/ledger';
import {
  intakeContext,
  keepEvery,
  longestSettleMs,
  quietly,
  startAlerting,
  type ConnectedShop,
  type Relay,
} from '@relay/operations';
import { connectRedis, connectWorkerRedis, createQueues, nudgeChannel, type Queues } from '@relay/queues';
import { planStock } from '@relay/stock';
import { goOnLive } from './going-on-live.js';
import { maintenanceSchedules, wantedSweepsEnqueuer } from './maintenance.js';
import { startProcessors } from './processors.js';
import { startShopConnector } from './shop-connector.js';

/** How long a job waits in the process for its slot; farther away the ledger waits. */
const SLOT_WAIT_MS = 2_000;

export interface RunningWorker {
  /** No new claims; calls in flight end, within the stop grace. No attempt is burnt. */
  stop(): Promise<void>;
}

/** Wires the workers, the dispatcher, the schedulers and the shop's connection together. Any number may run. */
export async function startWorker(relay: Relay, hooks: Pick<HandOffContext, 'onStep'> = {}): Promise<RunningWorker> {
  const { ledger, log, settings, shops } = relay;
  const { timing } = settings;
  const connection = connectWorkerRedis(settings.redisUrl, quietly(log, 'Redis'));
  const installationId = relay.installation.id;
  const queues = createQueues({ connection: relay.redis, installationId, onError: quietly(log, 'a queue') });
  const me = { id: randomUUID(), kind: 'worker' as const, host: hostname(), pid: process.pid };
  let progressed = false;
  let stopping = false;
  /** Shops whose home URL this process has seen to be theirs: until then nothing is read, sent or written for them. */
  const verified = new Map<string, ConnectedShop>();

  const handOff: HandOffContext = {
    ledger,
    installation: relay.installation,
    shops: verified,
    times: { ...timing, slotWaitMs: SLOT_WAIT_MS },
    worker: relay.processName,
    log,
    isStopping: () => stopping,
    onProgress: () => {
      progressed = true;
      dispatcher.nudge();
    },
    ...hooks,
  };
  const dispatcher = startDispatcher({
    ledger,
    queues,
    log,
    intervalMs: timing.dispatchIntervalMs,
    dispatchLeaseMs: timing.dispatchLeaseMs,
    maxUnmirrored: settings.maxUnmirrored,
    slotWaitMs: SLOT_WAIT_MS,
    budgets: new Map([...shops.values()].map((shop) => [shop.accountId, shop.budget])),
  });
  const housekeeping = createHousekeeping({
    ledger,
    log,
    preparedTimeoutMs: timing.preparedTimeoutMs,
    deadlineMs: timing.deadlineMs,
    settleMs: longestSettleMs(relay),
    accounts: [...shops.values()],
    onReady: () => dispatcher.nudge(),
  });
  const controls = new LookUpControlCache();
  const intake = intakeContext(relay, () => dispatcher.nudge());
  const processors = startProcessors({
    ...{ relay, handOff, intake, connection, verified },
    stockOf: (shop) => ({
      ...intake,
      worker: relay.processName,
      onProgress: () => (progressed = true),
      isStopping: () => stopping,
      sweepOrders: () => sweepAccount(intake, shop, verified.values()),
      seeOrdersOnHold: () => seeOrdersIn(intake, shop, ['on-hold']),
    }),
  });
  const nudges = connectRedis(settings.redisUrl, quietly(log, 'Redis'));
  nudges.on('message', () => dispatcher.nudge());
  void nudges.subscribe(nudgeChannel(installationId)).catch(() => undefined); // without it the timer finds the work 250 ms later

  const schedules = maintenanceSchedules(relay);
  const timers = [
    keepEvery(timing.dispatchIntervalMs, housekeeping, log, 'housekeeping'),
    keepEvery(DOUBTS_EVERY_MS, () => settleAll(handOff, shops, controls), log, 'settling doubts'),
    keepEvery(POLLS_EVERY_MS, () => planAllPolls(relay, verified, queues), log, 'planning polls'),
    keepEvery(STOCK_EVERY_MS, () => planAllStock(relay, verified, queues), log, 'planning stock runs'),
    keepEvery(GOING_LIVE_EVERY_MS, () => goOnLive(relay, verified, () => dispatcher.nudge()), log, 'going live'),
    keepEvery(PROBES_EVERY_MS, () => probeBreakers(handOff, shops.values()), log, 'probing'),
    keepEvery(
      CAMPAIGNS_EVERY_MS,
      () => advanceCampaigns({ ledger, log, onReady: () => dispatcher.nudge() }),
      log,
      'campaigns',
    ),
    keepEvery(READ_BACKS_EVERY_MS, () => readBackCampaigns(handOff), log, 'reading campaigns back'),
    // After a FLUSHALL the schedulers are gone while workers live: they are put back each minute.
    keepEvery(60_000, () => queues.ensureSchedulers(schedules), log, 'the schedulers'),
    keepEvery(1_000, wantedSweepsEnqueuer(ledger, queues, timing), log, 'wanted sweeps'),
    keepEvery(
      5_000,
      async () => {
        const moved = progressed;
        progressed = false;
        await beat(ledger, { ...me, progressed: moved });
      },
      log,
      'the heartbeat',
    ),
  ];
  const alerting = startAlerting(relay);
  const connectors = [...shops.values()].map((shop) =>
    startShopConnector(relay, intake, shop, () => verified.set(shop.id, shop)),
  );
  log.info('worker started', { worker: relay.processName, shops: [...shops.keys()] });

  return {
    stop: async () => {
      stopping = true;
      log.info('worker stops: no new claims, calls in flight end');
      connectors.forEach((connector) => connector.stop());
      await dispatcher.stop();
      // Reads that a timer has under way are not waited for longer than the POSTs: nothing depends on them.
      await Promise.all([
        processors.stop(timing.stopGraceMs),
        Promise.race([
          Promise.all(timers.map((timer) => timer.stop())),
          sleep(timing.stopGraceMs, undefined, { ref: false }),
        ]),
      ]);
      await alerting.stop();
      await forgetBeat(ledger, me.id).catch(() => undefined); // it ages by itself
      nudges.disconnect();
      connection.disconnect();
      await queues.close();
    },
  };
}

/** How often it is looked whether a doubt or a probe is due; when they are, the ledger says. */
const DOUBTS_EVERY_MS = 1_000;
const PROBES_EVERY_MS = 500;
const GOING_LIVE_EVERY_MS = 5_000;
const POLLS_EVERY_MS = 1_000;
const STOCK_EVERY_MS = 1_000;
const CAMPAIGNS_EVERY_MS = 500;
const READ_BACKS_EVERY_MS = 1_000;

async function settleAll(handOff: HandOffContext, shops: Relay['shops'], controls: LookUpControlCache): Promise<void> {
  const all = [...shops.values()];
  for (const accountId of new Set(all.map((shop) => shop.accountId)))
    await settleDoubts(
      handOff,
      all.filter((shop) => shop.accountId === accountId),
      controls,
    );
}

/** Every shop of the account: a piece that another one has just sold is sold. One that is away does not stop this one. */
async function sweepAccount(intake: IntakeContext, shop: ConnectedShop, shops: Iterable<ConnectedShop>): Promise<void> {
  for (const other of shops)
    if (other.id !== shop.id && other.accountId === shop.accountId)
      await sweep(intake, other).catch((error: unknown) =>
        intake.log.warn('a shop of the account could not be swept: its latest sales are not known', {
          shop: other.id,
          error,
        }),
      );
  if ((await sweep(intake, shop)) === null) throw new Error('the shop is not connected yet');
}

async function planAllStock(
  { ledger }: Relay,
  verified: ReadonlyMap<string, ConnectedShop>,
  queues: Queues,
): Promise<void> {
  for (const shop of verified.values())
    await planStock(ledger, shop, (run) => queues.addStockRun({ version: 1, ...run }));
}

/** Of accounts whose shop this process has verified: another process may serve the others. */
async function planAllPolls(
  { ledger }: Relay,
  verified: ReadonlyMap<string, ConnectedShop>,
  queues: Queues,
): Promise<void> {
  const byAccount = new Map([...verified.values()].map((shop) => [shop.accountId, shop]));
  for (const shop of byAccount.values())
    await planPolls(ledger, shop, (polls) =>
      queues.addPolls(
        polls.map(({ intentId, pollNo, shopId, orderId }) => ({ version: 1, intentId, pollNo, shopId, orderId })),
      ),
    );
}
