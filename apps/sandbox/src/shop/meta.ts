import { asNumber, asObjects, asText, type Json, type JsonObject } from '../json.js';
import type { MetaRow } from './order-types.js';

/**
 * Meta as measured. Without the row's id a key is updated in place and further rows of that key go; null deletes; an id
 * without a key is ignored silently. Scalars come back as text: the database column is one.
 */
export function writeMeta(rows: MetaRow[], input: Json | undefined, nextId: () => number): void {
  for (const entry of asObjects(input)) {
    const key = asText(entry.key);
    if (key === undefined || key === '') continue;
    const id = asNumber(entry.id);
    const byId = id === undefined ? undefined : rows.find((row) => row.id === id);
    if (byId) writeRow(rows, byId, key, entry.value);
    else writeKey(rows, key, entry.value, nextId);
  }
}

export function showMeta(rows: readonly MetaRow[]): JsonObject[] {
  return rows.map(({ id, key, value }) => ({ id, key, value }));
}

export function showLineMeta(rows: readonly MetaRow[]): JsonObject[] {
  return rows.map(({ id, key, value }) => ({
    id,
    key,
    value,
    display_key: key.startsWith('_') ? key : key.charAt(0).toUpperCase() + key.slice(1),
    display_value: value,
  }));
}

export function metaText(rows: readonly MetaRow[], key: string): string | null {
  return asText(rows.find((row) => row.key === key)?.value) ?? null;
}

function writeRow(rows: MetaRow[], row: MetaRow, key: string, value: Json | undefined): void {
  if (value === null || value === undefined) rows.splice(rows.indexOf(row), 1);
  else Object.assign(row, { key, value: stored(value) });
}

function writeKey(rows: MetaRow[], key: string, value: Json | undefined, nextId: () => number): void {
  const [first, ...further] = rows.filter((row) => row.key === key);
  for (const row of further) rows.splice(rows.indexOf(row), 1);
  if (first) writeRow(rows, first, key, value);
  else if (value !== null && value !== undefined) rows.push({ id: nextId(), key, value: stored(value) });
}

function stored(value: Json): Json {
  if (typeof value === 'boolean') return value ? '1' : '';
  return typeof value === 'number' ? String(value) : value;
}
