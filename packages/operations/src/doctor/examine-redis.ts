import { connectRedis } from '@relay/queues';
import type { Redis } from 'ioredis';
import type { Examination } from './examination.js';
import { messageOf } from './examine-postgres.js';

/** So full that a burst of jobs may be refused. */
const NEARLY_FULL = 0.9;
/** So full that it is a matter of a few bytes which write is refused. */
const FULL = 0.98;
/** Within this Redis answers, or counts as away. */
const PATIENCE_MS = 4_000;
const NAME = 'Redis';

/** @returns null where it cannot be asked. Whoever gets it disconnects it. */
export async function examineRedis(exam: Examination, redisUrl: string): Promise<Redis | null> {
  exam.step('asking Redis');
  let lastError: Error | null = null;
  const redis = connectRedis(redisUrl, (error) => (lastError = error));
  try {
    const info = parseInfo(await within(redis.info(), PATIENCE_MS));
    judgeMemory(exam, info);
    judgePolicy(exam, info);
    if (info['role'] === 'slave')
      exam.found(NAME, 'redis-writes', {
        what: 'REDIS_URL is a read-only replica: no job can be added and no call counted',
        toDo: 'Set REDIS_URL to the primary.',
        evidence: [`role:${info['role']}, its primary is ${info['master_host'] ?? '?'}:${info['master_port'] ?? '?'}`],
      });
    if (!exam.has('redis-memory', 'redis-policy', 'redis-writes'))
      exam.ok(NAME, `answers; ${memoryText(info)}, ${policyOf(info)}`);
    return redis;
  } catch (error) {
    redis.disconnect();
    const said = messageOf(lastError ?? error);
    const refused =
      /NOAUTH|WRONGPASS|NOPERM|invalid password/i.test(said) || /NOAUTH|WRONGPASS|NOPERM/.test(messageOf(error));
    exam.found(NAME, 'redis-away', {
      what: refused
        ? 'Redis refuses REDIS_URL: user or password is wrong, or may not do what the relay does'
        : 'Redis does not answer: without the budget in it nothing is called and nothing is sent; nothing is lost',
      toDo: refused ? 'Mend user and password in REDIS_URL.' : 'Start it; or check host and port of REDIS_URL.',
      evidence: [refused ? messageOf(error) : said],
    });
    return null;
  }
}

function judgeMemory(exam: Examination, info: Info): void {
  const used = Number(info['used_memory'] ?? 0);
  const most = Number(info['maxmemory'] ?? 0);
  if (most === 0 || used / most < NEARLY_FULL) return;
  // Counted since its start: with memory short now, they are of now.
  const refusals = info['errorstat_OOM'] ?? null;
  const isFull = used / most >= FULL || refusals !== null;
  exam.found(NAME, 'redis-memory', {
    what: isFull
      ? `Redis is full and ${policyOf(info) === 'noeviction' ? 'refuses writes' : 'throws data away'}: no job is added and no call counted`
      : `Redis is nearly full: ${Math.round((used / most) * 100)} % of its maxmemory`,
    toDo: 'Raise maxmemory, or empty it: FLUSHALL loses no order. See what else uses this Redis.',
    evidence: [memoryText(info), refusals === null ? null : `It has refused writes: errorstat_OOM:${refusals}`],
    isWarning: !isFull,
    severity: isFull ? 1 : 2,
  });
}

function judgePolicy(exam: Examination, info: Info): void {
  const policy = policyOf(info);
  if (policy === 'noeviction') return;
  exam.found(NAME, 'redis-policy', {
    what: `Redis may throw away jobs and counted calls when memory runs short: maxmemory-policy is ${policy}`,
    toDo: 'Set maxmemory-policy noeviction (redis.conf, or CONFIG SET maxmemory-policy noeviction).',
    evidence: [`maxmemory_policy:${policy}, ${memoryText(info)}`],
  });
}

type Info = Readonly<Record<string, string>>;

/** INFO, since managed servers often forbid CONFIG. */
function parseInfo(text: string): Info {
  const pairs = text
    .split('\r\n')
    .filter((line) => line.includes(':'))
    .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
  return Object.fromEntries(pairs);
}

function policyOf(info: Info): string {
  return info['maxmemory_policy'] ?? 'noeviction';
}

function memoryText(info: Info): string {
  const most = Number(info['maxmemory'] ?? 0);
  return `${info['used_memory_human'] ?? '?'} used of ${most === 0 ? 'no set limit' : (info['maxmemory_human'] ?? String(most))}`;
}

async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
