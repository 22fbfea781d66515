import type { Settings } from '@relay/config';
import { SettingsError } from '@relay/config';
import { WrongSecretKey } from '@relay/ledger';
import type { Redis } from 'ioredis';
import { ENVIRONMENT_SHOP_ID } from '../relay.js';
import { allShopSettings } from '../stored-shops.js';
import { callStatistics, judgeCalls, type CallStatistics } from './call-statistics.js';
import { judgeClocks, type ClockReading } from './clocks.js';
import { examineAlerts } from './examine-alerts.js';
import { examineHft71 } from './examine-hft71.js';
import { examinePostgres, messageOf, type OpenLedger } from './examine-postgres.js';
import { examinePublicUrl } from './examine-public-url.js';
import { examineRedis } from './examine-redis.js';
import { examineShop } from './examine-shop.js';
import { examineShopRecord } from './examine-shop-record.js';
import { examineWork } from './examine-work.js';
import { Examination } from './examination.js';
import type { Check, Finding, Severity } from './finding.js';
import { aboutAccount, aboutHost, aboutShop, type ExaminedShop } from './examined-shop.js';

export interface Diagnosis {
  readonly at: Date;
  readonly tookMs: number;
  /** Of the gravest that failed; null: nothing failed. */
  readonly severity: Severity | null;
  /** The most likely cause first. */
  readonly findings: readonly Finding[];
  /** What is well, and what could not be looked at. */
  readonly checks: readonly Check[];
  /** Of the last hour; empty where the ledger cannot be read. */
  readonly calls: readonly CallStatistics[];
}

export interface DiagnosisOptions {
  /** One shop alone; all when left out. */
  readonly shopId?: string | undefined;
  readonly onStep?: ((what: string) => void) | undefined;
}

/** A slip of the hand, and nothing that is wrong with the relay. */
export class UnknownShop extends Error {
  override readonly name = 'UnknownShop';
  constructor(
    readonly shopId: string,
    /** Ids of those that there are: one at least. */
    readonly known: readonly string[],
  ) {
    super(`no shop ${shopId} is in the settings`);
  }
}

/** Longer than any single question may take, and in all less than half a minute. */
const LONGEST_MS = 18_000;

/**
 * `relay doctor`: asks everything that the relay stands on, from the ground up, and says what is wrong, the cause before
 * what follows from it. Reads only, but for a refused log-in, which is counted. What cannot be asked is a finding,
 * and not an error. @param settings what loads them; faults of theirs are findings too. @throws UnknownShop before any shop
 * is asked; where the ledger's shops cannot be read nobody knows, and nothing is thrown.
 */
export async function diagnose(settings: () => Settings, options: DiagnosisOptions = {}): Promise<Diagnosis> {
  const startedAt = performance.now();
  const exam = new Examination(options.onStep ?? (() => undefined));
  const loaded = loadedSettings(exam, settings);
  const calls =
    loaded === null
      ? []
      : await examineAll(exam, loaded, options).catch((error: unknown) => {
          if (error instanceof UnknownShop) throw error;
          return tellBreak(exam, error);
        });
  const { findings, others } = exam;
  const failed = findings.filter(({ state }) => state === 'failed').map(({ severity }) => severity);
  return {
    at: new Date(),
    tookMs: Math.round(performance.now() - startedAt),
    severity: failed.length === 0 ? null : (Math.min(...failed) as Severity),
    findings,
    checks: others,
    calls,
  };
}

function loadedSettings(exam: Examination, load: () => Settings): Settings | null {
  try {
    const settings = load();
    for (const warning of settings.warnings)
      exam.found('settings', 'setting', {
        what: warning,
        toDo: 'See .env.example for each setting.',
        isWarning: true,
      });
    if (settings.warnings.length === 0) exam.ok('settings', 'complete, and good together');
    return settings;
  } catch (error) {
    tellSettings(exam, error);
    return null;
  }
}

function tellSettings(exam: Examination, error: unknown, where = 'the environment, or .env'): void {
  if (!(error instanceof SettingsError)) throw error;
  for (const { variable, problem, example } of error.faults)
    exam.found('settings', 'settings', {
      what: `${variable} ${problem}: nothing starts with it`,
      toDo: `Set it in ${where}, e.g. ${variable}=${example}`,
    });
}

async function examineAll(exam: Examination, settings: Settings, options: DiagnosisOptions): Promise<CallStatistics[]> {
  const [record, redis] = await Promise.all([examinePostgres(exam, settings), examineRedis(exam, settings.redisUrl)]);
  try {
    const shops = await shopsOf(exam, settings, record, options.shopId);
    const clocks: ClockReading[] = [];
    await withinLongest(exam, [
      examinePublicUrl(exam, settings.publicUrl),
      ...shops.map(async (shop) => {
        const clock = await examineShop(exam.about(aboutShop(shop), aboutHost(shop)), { settings, record }, shop);
        if (clock !== null) clocks.push(clock);
      }),
      inTurn(shops, (shop) =>
        examineHft71(exam.about(aboutShop(shop), aboutAccount(shop)), { settings, record, redis }, shop),
      ),
      ...(record === null ? [] : [examineRecord(exam, record, settings, shops, clocks)]),
      ...(redis === null ? [] : [readRedisClock(redis, clocks)]),
    ]);
    judgeClocks(exam, clocks);
    if (record === null) return [];
    const calls = await callStatistics(record, options.shopId).catch(() => []);
    judgeCalls(exam, calls);
    return calls;
  } finally {
    redis?.disconnect();
    void record?.ledger.close().catch(() => undefined); // what hangs in it is not waited for
  }
}

async function shopsOf(
  exam: Examination,
  settings: Settings,
  record: OpenLedger | null,
  wanted: string | undefined,
): Promise<ExaminedShop[]> {
  let all = new Map(settings.shop === null ? [] : [[ENVIRONMENT_SHOP_ID, settings.shop]]);
  let areAll = false;
  try {
    if (record !== null) {
      all = await allShopSettings(record.ledger, settings);
      areAll = true;
    }
  } catch (error) {
    if (error instanceof SettingsError) tellSettings(exam, error, 'the shop’s file, and `relay shop add` it again');
    else if (!(error instanceof WrongSecretKey)) throw error; // told of already
  }
  if (all.size === 0)
    exam.found('shops', 'no-shop', {
      what: 'No shop is in the settings',
      toDo: 'Set WC_BASE_URL and what belongs to it (.env.example explains each), or `relay shop add`.',
    });
  else if (wanted !== undefined && !all.has(wanted)) {
    if (areAll) throw new UnknownShop(wanted, [...all.keys()]);
    exam.skipped(`shop ${wanted}`, 'not asked: it is not in the environment, and the ledger’s shops cannot be read');
  }
  return [...all]
    .filter(([id]) => wanted === undefined || id === wanted)
    .map(([id, shop]) => ({ id, settings: shop, isOnly: all.size === 1 }));
}

async function examineRecord(
  exam: Examination,
  record: OpenLedger,
  settings: Settings,
  shops: readonly ExaminedShop[],
  clocks: ClockReading[],
): Promise<void> {
  const { rows } = await record.ledger.pool.query<{ now: Date }>('select clock_timestamp() as now');
  if (rows[0] !== undefined) clocks.push({ whose: 'PostgreSQL', askedAt: new Date(), date: rows[0].now });
  await examineWork(exam, record, settings);
  for (const shop of shops) await examineShopRecord(exam.about(aboutShop(shop)), record, settings, shop);
  await examineAlerts(exam, { ...record, settings });
}

async function readRedisClock(redis: Redis, clocks: ClockReading[]): Promise<void> {
  const [seconds] = await redis.time().catch(() => []);
  if (seconds !== undefined)
    clocks.push({ whose: 'Redis', askedAt: new Date(), date: new Date(Number(seconds) * 1000) });
}

/** Shops of one account share its log-in: one after the other. */
async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (const item of items) await work(item);
}

/** Whatever hangs or breaks in a way that nobody thought of is a finding too. */
async function withinLongest(exam: Examination, works: readonly Promise<unknown>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), LONGEST_MS);
  });
  const all = Promise.allSettled(works);
  const ended = await Promise.race([all, late]);
  clearTimeout(timer);
  if (ended === 'late') {
    exam.found('doctor', 'not-examined', {
      what: `Not everything was looked at within ${LONGEST_MS / 1000} s`,
      toDo: 'Mend what is told here, then look again.',
      isWarning: true,
    });
    return;
  }
  for (const each of ended) if (each.status === 'rejected') tellBreak(exam, each.reason);
}

function tellBreak(exam: Examination, error: unknown): [] {
  exam.found('doctor', 'not-examined', {
    what: `A check could not be made: ${messageOf(error)}`,
    toDo: 'If PostgreSQL or Redis went away just now, look again; else this is a fault of the relay.',
    isWarning: true,
  });
  return [];
}
