import type { Command } from 'commander';
import { listShops, type ShopView } from '@relay/ledger';
import type { Cli, OutputOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { jsonOption } from '../options.js';
import { table } from '../print/table.js';
import { ago } from '../print/times.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

export function addShopList(shop: Command, cli: Cli): void {
  const command = shop
    .command('list')
    .description('All shops: mode, state, last sweep, what is wrong, and whether their settings are here.')
    .addOption(jsonOption())
    .action((options: OutputOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const known = (await listShops(relay.ledger)).map((view) => ({
            id: view.id,
            mode: view.mode,
            state: stateOf(view),
            home: view.homeUrl ?? view.baseUrl,
            hft71: relay.shops.get(view.id)?.settings.hft71.baseUrl ?? null,
            sweptAt: view.sweptAt,
            fault: view.fault,
            pausedAt: view.pausedAt,
            pausedBy: view.pausedBy,
            pauseReason: view.pauseReason,
          }));
          return { json: known, text: listText(known, cli) };
        }),
      ),
    );
  helpful(command, ['relay shop list', 'relay shop list --json']);
}

interface KnownShop extends Pick<
  ShopView,
  'id' | 'mode' | 'sweptAt' | 'fault' | 'pausedAt' | 'pausedBy' | 'pauseReason'
> {
  readonly state: string;
  readonly home: string;
  readonly hft71: string | null;
}

function listText(known: readonly KnownShop[], { paint, width }: Cli): string {
  if (known.length === 0) return 'No shop yet: put one into the settings and start a worker.';
  const rows = known.map(({ id, mode, state, sweptAt, hft71, home }) => [
    id,
    mode,
    state === 'paused' ? paint.yellow(state) : state,
    ago(sweptAt),
    hft71 ?? 'no settings here',
    home,
  ]);
  const faults = known.flatMap(({ id, fault }) =>
    fault === null ? [] : [paint.red(wrap(`${id}: ${fault}`, width, '  '))],
  );
  const pauses = known.flatMap(({ id, pausedAt, pausedBy, pauseReason }) =>
    pausedAt === null
      ? []
      : [paint.yellow(wrap(`${id}: paused ${ago(pausedAt)} by ${pausedBy ?? '?'}: ${pauseReason ?? ''}`, width, '  '))],
  );
  return [table(['SHOP', 'MODE', 'STATE', 'LAST SWEEP', 'HFT71', 'HOME'], rows, width), ...faults, ...pauses].join(
    '\n',
  );
}

/** In one word, whether its orders go. */
function stateOf({ mode, pausedAt, fault }: ShopView): string {
  if (pausedAt !== null) return 'paused';
  if (mode !== 'live') return mode === 'shadow' ? 'records only' : mode.replace('_', ' ');
  return fault === null ? 'sends' : 'away';
}
