import type { Call, Target } from '../call.js';
import { asNumber, asObject, asText, type JsonObject } from '../json.js';
import type { SeededRandom } from '../seeded-random.js';
import { FAULT_KINDS, type Fault, type FaultKind } from './fault.js';

export class FaultError extends Error {}

/** The fault script: what is to go wrong, for whom, how often. The oldest fault that matches a request wins. */
export class FaultBook {
  readonly #faults: Fault[] = [];
  readonly #random: SeededRandom;
  #nextId = 1;
  /** Called after every change: a face opens or closes its port by it. */
  onChange: () => void = () => {};

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  add(input: JsonObject): Fault {
    const fault = readFault(input, `f${this.#nextId}`);
    this.#nextId += 1;
    this.#faults.push(fault);
    this.onChange();
    return fault;
  }

  list(): readonly Fault[] {
    return this.#faults;
  }

  remove(id: string): boolean {
    const index = this.#faults.findIndex((fault) => fault.id === id);
    if (index === -1) return false;
    this.#faults.splice(index, 1);
    this.onChange();
    return true;
  }

  clear(): void {
    this.#faults.splice(0);
    this.onChange();
  }

  /** The fault that hits this request, counted as fired. */
  draw(target: Target, call: Call): Fault | undefined {
    return this.#fire((fault) => fault.target === target && fault.kind !== 'refuse' && matches(fault, call));
  }

  drawAtAccept(target: Target): boolean {
    return this.#fire((f) => f.target === target && f.kind === 'refuse' && f.via === 'accept') !== undefined;
  }

  closesPort(target: Target): boolean {
    return this.#faults.some((f) => f.target === target && f.kind === 'refuse' && f.via === 'close');
  }

  #fire(eligible: (fault: Fault) => boolean): Fault | undefined {
    for (const fault of this.#faults) {
      if (fault.times !== null && fault.fired >= fault.times) continue;
      if (!eligible(fault)) continue;
      if (fault.share < 1 && this.#random.next() >= fault.share) continue;
      fault.fired += 1;
      return fault;
    }
    return undefined;
  }
}

function matches({ match }: Fault, call: Call): boolean {
  if (match.method !== undefined && match.method !== call.method) return false;
  const whole = call.rawQuery === '' ? call.path : `${call.path}?${call.rawQuery}`;
  if (match.pathPattern !== undefined && !new RegExp(match.pathPattern).test(whole)) return false;
  return match.bodyPattern === undefined || new RegExp(match.bodyPattern).test(call.body);
}

function readFault(input: JsonObject, id: string): Fault {
  const { target, kind } = input;
  if (target !== 'shop' && target !== 'hft71') throw new FaultError('target is shop or hft71');
  if (!isKind(kind)) throw new FaultError(`kind is one of ${FAULT_KINDS.join(', ')}`);
  const share = asNumber(input.share) ?? 1;
  const times = asNumber(input.times) ?? null;
  const fault: Fault = { id, target, kind, match: readMatch(asObject(input.match)), share, times, fired: 0 };
  const delayMs = asNumber(input.delayMs);
  const status = asNumber(input.status);
  const retryAfter = asText(input.retryAfter);
  const cutAfterBytes = asNumber(input.cutAfterBytes);
  if (delayMs !== undefined) fault.delayMs = delayMs;
  if (status !== undefined) fault.status = status;
  if (retryAfter !== undefined) fault.retryAfter = retryAfter;
  if (cutAfterBytes !== undefined) fault.cutAfterBytes = cutAfterBytes;
  if (input.body !== undefined) fault.body = input.body;
  if (typeof input.processed === 'boolean') fault.processed = input.processed;
  if (typeof input.close === 'boolean') fault.close = input.close;
  // A share or a count can't be kept by a port that is closed for everybody.
  if (kind === 'refuse') fault.via = input.via === 'accept' || share < 1 || times !== null ? 'accept' : 'close';
  return fault;
}

function readMatch(input: JsonObject): Fault['match'] {
  const match: Fault['match'] = {};
  const method = asText(input.method);
  if (method !== undefined) match.method = method.toUpperCase();
  for (const key of ['pathPattern', 'bodyPattern'] as const) {
    const pattern = asText(input[key]);
    if (pattern === undefined) continue;
    try {
      new RegExp(pattern);
    } catch {
      throw new FaultError(`match.${key} is not a regular expression: ${pattern}`);
    }
    match[key] = pattern;
  }
  return match;
}

function isKind(value: unknown): value is FaultKind {
  return FAULT_KINDS.some((kind) => kind === value);
}
