import { SETTLED_BY_WRITE_BACK } from '@relay/core';
import { refused, type Refusal } from './held-orders.js';
import { readReconciliation } from './reconcile-report.js';
import type { ConnectedShop, Relay } from './relay.js';
import { writeBackOrder, type OrderAct } from './steer-orders.js';

export interface WrittenBackOrders {
  readonly orders: readonly { readonly order: string; readonly hft71OrderId: string | null }[];
  readonly refused: readonly { readonly order: string; readonly what: string; readonly toDo: string }[];
}

/** `relay orders write-back` of several: what stands against one of them does not keep the others. */
export async function writeBackOrders(
  relay: Relay,
  { wanted, ...act }: Omit<OrderAct, 'wanted'> & { readonly wanted: readonly string[] },
): Promise<WrittenBackOrders> {
  const orders: WrittenBackOrders['orders'][0][] = [];
  const notWritten: WrittenBackOrders['refused'][0][] = [];
  for (const order of new Set(wanted)) {
    const done = await writeBackOrder(relay, { ...act, wanted: order });
    if (done.kind === 'armed') orders.push({ order, hft71OrderId: done.hft71OrderId });
    else notWritten.push({ order, what: done.what, toDo: done.toDo });
  }
  return { orders, refused: notWritten };
}

/**
 * The numbers of what the shop's last reconciliation found and a write-back settles. However old it is: a write-back
 * compares first, and never replaces another id. Of a kind no more than are kept singly; the next run finds the rest.
 */
export async function numbersToWriteBack(
  relay: Pick<Relay, 'ledger'>,
  shop: ConnectedShop,
): Promise<string[] | Refusal> {
  const report = await readReconciliation(relay, shop.id);
  if (report === null) return refused('nothing has been reconciled yet', 'relay reconcile does it now');
  const numbers = report.kinds
    .filter(({ kind }) => SETTLED_BY_WRITE_BACK.includes(kind))
    .flatMap(({ findings }) => findings.map(({ number }) => number));
  return numbers.length > 0
    ? numbers
    : refused(
        `the reconciliation of ${report.run.startedAt.toISOString().slice(0, 16)}Z found nothing that a write-back settles`,
        'relay reconcile --last shows what it found; relay reconcile looks again',
      );
}
