import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { countOrders, type Counted } from './count-orders.js';
import { RECORD_FILES, type AcceptedEntry, type OrderEntry } from './record.js';

/** Counts from the files alone: nothing that the product or the sandbox remembers goes into it. */
export function countRecord(dir: string): Counted {
  return countOrders(
    readLines<OrderEntry>(join(dir, RECORD_FILES.orders)),
    readLines<AcceptedEntry>(join(dir, RECORD_FILES.accepted)),
  );
}

function readLines<T>(path: string): T[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  // A kill in the middle of a write leaves a last line without its end: that effect was never seen by anybody.
  lines.pop();
  return lines.map((line) => JSON.parse(line) as T);
}
