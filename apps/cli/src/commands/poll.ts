import { setTimeout as sleep } from 'node:timers/promises';
import { progressOf, type ProgressView } from '@relay/ledger';
import { askPoll, type Relay } from '@relay/operations';
import type { Command } from 'commander';
import { Refused } from '../answer.js';
import type { Cli, ShopOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { jsonOption, shopOption } from '../options.js';
import { table } from '../print/table.js';
import { age } from '../print/times.js';
import { withRelay } from '../with-relay.js';

/** A worker takes it within a second, and HFT71 answers or does not within its timeout. */
const PATIENCE_MS = 30_000;

export function addPoll(program: Command, cli: Cli): void {
  const command = program
    .command('poll')
    .description('Read one order’s status at HFT71 now, and show it.')
    .argument('<order>', 'the shop’s order number, its id, or HFT71’s id')
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((wanted: string, options: ShopOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const asked = await askPoll(relay, wanted, options.shop);
          if (asked.kind === 'refused') throw new Refused(asked);
          const progress = await untilRead(relay, asked);
          return {
            json: { shopId: asked.shopId, orderId: asked.orderId, progress },
            text: progressText(progress, cli),
          };
        }),
      ),
    );
  helpful(command, ['relay poll 1001', 'relay poll 500001 --json']);
}

/** Waits for the reading that was asked for. @throws Refused when no worker made it in time: it is made later. */
async function untilRead(relay: Relay, order: { shopId: string; orderId: number }): Promise<ProgressView[]> {
  const askedAt = Date.now();
  for (;;) {
    const progress = await progressOf(relay.ledger, order);
    if (progress.length > 0 && progress.every(({ isDue, isPolling }) => !isDue && !isPolling)) return progress;
    if (Date.now() - askedAt > PATIENCE_MS)
      throw new Refused({
        what: 'no worker has read it within 30 s',
        toDo: 'it is read as soon as one can: relay status says whether workers run, relay breaker show whether HFT71 answers',
      });
    await sleep(250);
  }
}

function progressText(progress: readonly ProgressView[], { width }: Cli): string {
  return progress
    .map(({ copy, hft71OrderId, statuses, customerStatuses, shipping, readAt, fault, faultSince, ended }) => {
      const rows: [string, string][] = [
        ['HFT71’s id', copy === 1 ? hft71OrderId : `${hft71OrderId} (reprint R${copy})`],
        ...(statuses ?? []).map(({ sku, status }): [string, string] => [sku, status]),
        ...(customerStatuses ?? []).map(({ sku, status }): [string, string] => [`${sku}, to customers`, status]),
      ];
      if (shipping !== null)
        rows.push(['parcel', [shipping.carrier, shipping.tracking].filter((part) => part !== null).join(' ')]);
      if (readAt !== null) rows.push(['read', `${age(readAt)} ago`]);
      if (fault !== null) rows.push(['not believed', faultSince === null ? fault : `${fault}, for ${age(faultSince)}`]);
      if (ended !== null) rows.push(['polled no more', ended]);
      return table([], rows, width);
    })
    .join('\n\n');
}
