import { parseArgs } from 'node:util';
import { parseRateLimit, type RateLimit } from './hft71/rate-window.js';

export const DUPLICATE_REFERENCE_MODES = ['unknown', 'rejects', 'rejects-without-id', 'replays'] as const;
export type DuplicateReference = (typeof DUPLICATE_REFERENCE_MODES)[number];

export interface SandboxOptions {
  shopPort: number;
  hft71Port: number;
  controlPort: number;
  recordDir?: string;
  rateLimit: RateLimit | null;
  duplicateReference: DuplicateReference;
  tokenLifeS: number;
  shopOffsetMinutes: number;
  statusStepMs: number;
  webhookDelayMs: number;
  tlsKeyFile?: string;
  tlsCertFile?: string;
  seed: number;
}

export const DEFAULT_OPTIONS: SandboxOptions = {
  shopPort: 0,
  hft71Port: 0,
  controlPort: 0,
  rateLimit: { count: 600, windowMs: 60_000 },
  duplicateReference: 'unknown',
  tokenLifeS: 300,
  shopOffsetMinutes: 60,
  statusStepMs: 2000,
  webhookDelayMs: 200,
  seed: 1,
};

/** A fault of the command line: said in one sentence, exit 64. */
export class UsageError extends Error {}

export function parseOptions(argv: string[]): SandboxOptions {
  const values = readFlags(argv);
  const whole = (name: string, fallback: number, least = 0, most = Number.MAX_SAFE_INTEGER): number => {
    const text = values[name];
    if (text === undefined) return fallback;
    if (!/^-?\d+$/.test(text) || Number(text) < least || Number(text) > most)
      throw new UsageError(`--${name} needs a whole number from ${least} to ${most}, got "${text}".`);
    return Number(text);
  };
  const duplicateReference = values['duplicate-reference'] ?? DEFAULT_OPTIONS.duplicateReference;
  if (!isDuplicateReference(duplicateReference))
    throw new UsageError(
      `--duplicate-reference is one of ${DUPLICATE_REFERENCE_MODES.join(', ')}, got "${duplicateReference}".`,
    );
  const { 'tls-key': tlsKeyFile, 'tls-cert': tlsCertFile, record: recordDir } = values;
  if ((tlsKeyFile === undefined) !== (tlsCertFile === undefined))
    throw new UsageError('--tls-key and --tls-cert belong together: give both, or none for plain http.');
  return {
    shopPort: whole('shop-port', 0, 0, 65_535),
    hft71Port: whole('hft71-port', 0, 0, 65_535),
    controlPort: whole('control-port', 0, 0, 65_535),
    rateLimit: readRateLimit(values['rate-limit']),
    duplicateReference,
    tokenLifeS: whole('token-life-s', DEFAULT_OPTIONS.tokenLifeS, 1),
    shopOffsetMinutes: whole('shop-offset-minutes', DEFAULT_OPTIONS.shopOffsetMinutes, -840, 840),
    statusStepMs: whole('status-step-ms', DEFAULT_OPTIONS.statusStepMs, 1),
    webhookDelayMs: whole('webhook-delay-ms', DEFAULT_OPTIONS.webhookDelayMs),
    seed: whole('seed', DEFAULT_OPTIONS.seed),
    ...(recordDir === undefined ? {} : { recordDir }),
    ...(tlsKeyFile === undefined || tlsCertFile === undefined ? {} : { tlsKeyFile, tlsCertFile }),
  };
}

export function isDuplicateReference(value: unknown): value is DuplicateReference {
  return DUPLICATE_REFERENCE_MODES.some((mode) => mode === value);
}

function readFlags(argv: string[]): Record<string, string | undefined> {
  const names = [
    ...['shop-port', 'hft71-port', 'control-port', 'record', 'rate-limit', 'duplicate-reference', 'token-life-s'],
    ...['shop-offset-minutes', 'status-step-ms', 'webhook-delay-ms', 'tls-key', 'tls-cert', 'seed'],
  ];
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
    return parseArgs({ args: argv, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'The options could not be read.');
  }
}

function readRateLimit(text: string | undefined): RateLimit | null {
  if (text === undefined) return DEFAULT_OPTIONS.rateLimit;
  const limit = parseRateLimit(text);
  if (limit === undefined) throw new UsageError(`--rate-limit looks like 600/min, 100/10s or none, got "${text}".`);
  return limit;
}
