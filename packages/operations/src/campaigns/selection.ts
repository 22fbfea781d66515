import { HAND_OFF_STATES } from '@relay/core';
import { CALL_ERRORS, type CampaignSelection } from '@relay/ledger';
import { refused, type Refusal } from '../held-orders.js';
import { readOrderNumbers } from './order-numbers-csv.js';

/** As a person or a program gives it: words that may be wrong. Empty lists count as not given. */
export interface AskedSelection {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly states?: readonly string[] | undefined;
  readonly reasons?: readonly string[] | undefined;
  readonly errors?: readonly string[] | undefined;
  readonly actions?: readonly string[] | undefined;
  readonly httpStatuses?: readonly string[] | undefined;
  readonly shopStatuses?: readonly string[] | undefined;
  readonly skus?: readonly string[] | undefined;
  readonly orders?: readonly string[] | undefined;
  readonly csv?: string | Uint8Array | undefined;
}

export type ReadSelection =
  | {
      readonly kind: 'selection';
      readonly selection: CampaignSelection;
      /** How it was understood where that is not plain: to be shown. */
      readonly notes: readonly string[];
    }
  | Refusal;

/** Calls to HFT71 that are about one order. */
const ACTIONS = ['send_order', 'get_status', 'update_order', 'update_order_address', 'sync_shipping'];
const REASONS = [
  ...['mapping', 'deadline', 'person', 'before-go-live', 'in-doubt', 'conflict', 'exists', 'reference-taken'],
  'order-identity-changed',
];
const OTHER_REASON = /^(http-\d{3}|id-belongs-to-order-.+)$/;

/** The whole selection, or the first thing that is wrong with it; nothing is read for it. */
export function readSelection(asked: AskedSelection, now = new Date()): ReadSelection {
  const notes: string[] = [];
  try {
    const [from, to] = readWindow(asked, now, notes);
    const selection: CampaignSelection = {
      from,
      to,
      states: listOf(asked.states, 'state', HAND_OFF_STATES),
      reasons: listOf(asked.reasons, 'reason', REASONS, OTHER_REASON),
      errors: listOf(asked.errors, 'error class', Object.keys(CALL_ERRORS) as (keyof typeof CALL_ERRORS)[]),
      actions: listOf(asked.actions, 'action', ACTIONS),
      httpStatuses: listOf(asked.httpStatuses, 'HTTP status', ['0'], /^[1-5]\d\d$/)?.map(Number) ?? null,
      shopStatuses: shopStatusesOf(asked.shopStatuses),
      skus: listOf(asked.skus, 'SKU', [], /^\P{Cc}{1,100}$/u),
      numbers: numbersOf(asked, notes),
    };
    if (Object.values(selection).every((each) => each === null))
      return refused(
        'nothing says which orders',
        'give a time window, a state, a reason, an error, a status, a SKU, order numbers or a CSV',
      );
    return { kind: 'selection', selection, notes };
  } catch (error) {
    if (error instanceof Senseless) return error.refusal;
    throw error;
  }
}

class Senseless extends Error {
  readonly refusal: Refusal;

  constructor(what: string, toDo: string) {
    super(what);
    this.refusal = refused(what, toDo);
  }
}

function listOf<T extends string>(
  given: readonly string[] | undefined,
  what: string,
  known: readonly T[],
  pattern?: RegExp,
): T[] | null {
  const values = [...new Set((given ?? []).map((each) => each.trim()).filter((each) => each !== ''))];
  for (const value of values)
    if (!known.some((each) => each === value) && pattern?.test(value) !== true)
      throw new Senseless(
        `there is no ${what} “${value}”`,
        known.length > 1 ? `use one of these: ${known.join(', ')}` : 'look at how it is written',
      );
  // Given and empty is a script's mistake: without it the selection would widen to everything.
  if (given !== undefined && values.length === 0)
    throw new Senseless(`no ${what} is named`, 'name at least one, or leave the option out');
  return given === undefined ? null : (values as T[]);
}

function shopStatusesOf(given: readonly string[] | undefined): string[] | null {
  const prefixed = given?.find((each) => each.trim().startsWith('wc-'));
  if (prefixed !== undefined)
    throw new Senseless(
      `the shop’s status “${prefixed.trim()}” has a prefix`,
      `write it without: ${prefixed.trim().slice(3)}`,
    );
  const known = [
    'pending',
    'processing',
    'on-hold',
    'completed',
    'cancelled',
    'refunded',
    'failed',
    'deleted',
    'trash',
  ];
  return listOf(given, 'status in the shop', known, /^[a-z][a-z0-9-]{0,19}$/);
}

function numbersOf({ orders, csv }: AskedSelection, notes: string[]): string[] | null {
  const without = orders?.map((each) => each.trim().replace(/^#/, ''));
  const named = listOf(without, 'order number', [], /^\P{Cc}{1,64}$/u) ?? [];
  if (csv === undefined) return named.length === 0 ? null : named;
  const read = readOrderNumbers(csv);
  if (read.kind === 'fault') throw new Senseless(read.what, read.toDo);
  const all = [...new Set([...named, ...read.numbers])];
  const repeated = read.repeated > 0 ? ` (${read.repeated} repeated)` : '';
  notes.push(`${read.numbers.length} order numbers were read from the CSV${repeated}`);
  return all;
}

function readWindow({ from, to }: AskedSelection, now: Date, notes: string[]): [string | null, string | null] {
  const start = from === undefined ? null : momentOf(from, 'start');
  const end = to === undefined ? null : momentOf(to, 'end');
  const isDay = (text: string | undefined) => text !== undefined && DAY.test(text.trim());
  for (const [text, moment] of [[from, start] as const, [to, end] as const])
    if (isDay(text) && moment !== null)
      notes.push(
        `${String(text).trim()} is a day in UTC: ${moment === end ? 'until' : 'from'} ${moment.toISOString()}`,
      );
  if (start !== null && end !== null && start >= end)
    throw new Senseless(
      `the window ends before it begins: ${start.toISOString()} to ${end.toISOString()}`,
      'give the earlier time first',
    );
  if (start !== null && start > now)
    throw new Senseless(
      `the window lies in the future: it begins at ${start.toISOString()}`,
      'nothing has happened there yet: look at the year and the zone',
    );
  // Today ends at midnight, which is still to come.
  if (end !== null && (isDay(to) ? end.getTime() - DAY_MS : end.getTime()) > now.getTime())
    throw new Senseless(
      `the window ends in the future: at ${end.toISOString()}`,
      'leave the end out for “until now”, or look at the zone',
    );
  return [start?.toISOString() ?? null, end?.toISOString() ?? null];
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;
const WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/;
const DAY_MS = 24 * 3_600_000;

/** A day is a day in UTC, its end the next midnight; a time names its zone. */
function momentOf(text: string, side: 'start' | 'end'): Date {
  const given = text.trim();
  if (!DAY.test(given) && !INSTANT.test(given))
    throw WITHOUT_ZONE.test(given)
      ? new Senseless(`the time “${given}” names no zone`, 'add Z for UTC, or the offset: 2026-11-23T10:00+01:00')
      : new Senseless(`“${given}” is no date`, 'write 2026-11-23, or a time with its zone: 2026-11-23T10:00Z');
  const day = given.slice(0, 10);
  const midnight = new Date(`${day}T00:00:00Z`);
  // 2026-02-30 would else be read as the 2nd of March.
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day))
    throw new Senseless(`there is no day “${day}”`, 'look at the month and the day');
  const moment = DAY.test(given)
    ? new Date(midnight.getTime() + (side === 'end' ? DAY_MS : 0))
    : new Date(given.replace(' ', 'T'));
  if (Number.isNaN(moment.getTime()))
    throw new Senseless(`there is no time “${given}”`, 'look at the hours and minutes');
  return moment;
}
