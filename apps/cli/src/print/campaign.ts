import type { CampaignView } from '@relay/ledger';
import type { CampaignStatus, Estimate } from '@relay/operations';
import type { Cli } from '../cli.js';
import { table } from './table.js';
import { instant, span } from './times.js';
import { wrap } from './wrap.js';

export function estimateText({ orders, durationMs, ordersPerMinute, share, limit }: Estimate): string {
  const granted = `${limit.calls} calls per ${span(limit.windowMs)}`;
  return `${orders} orders take at least ${span(durationMs)}: ${ordersPerMinute} a minute, with ${percent(share)} of HFT71’s ${granted}.`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** `[████░░░░] 45 %`, by the orders that are through in one way or another. */
export function bar({ total, waiting, released }: CampaignView['progress'], columns: number): string {
  const through = total === 0 ? 1 : (total - waiting - released) / total;
  const full = Math.floor(through * columns);
  return `[${'█'.repeat(full)}${'░'.repeat(columns - full)}] ${Math.floor(through * 100)} %`;
}

export function headline({ id, state, stateReason, stateSince, watchUntil }: CampaignView): string {
  const until = watchUntil === null ? '' : `, until ${instant(watchUntil)}`;
  const why = stateReason === null ? '' : ` (${stateReason})`;
  return `Campaign ${id} is ${state.replace('_', ' ')} since ${instant(stateSince)}${until}${why}`;
}

export function countsText({ progress }: CampaignView): string {
  const { total, accepted, waiting, released, failed, inDoubt, left, passedOver, readBack } = progress;
  const named: [number, string][] = [
    [waiting, 'waiting'],
    [released, 'released'],
    [failed, 'failed'],
    [inDoubt, 'in doubt'],
    [left, 'cancelled, skipped or held by a person'],
    [passedOver, 'passed over: another one’s matter by then'],
  ];
  const others = named.filter(([orders]) => orders > 0).map(([orders, what]) => `${orders} ${what}`);
  return [`${accepted} of ${total} accepted by HFT71, ${readBack} of them read back in the shop`, ...others].join(', ');
}

export function statusText({ campaign, remaining }: CampaignStatus, { paint, width }: Cli): string {
  const { batchNo, batchSize, share, stopPercent } = campaign;
  return [
    paint.bold(wrap(headline(campaign), width)),
    bar(campaign.progress, 40),
    wrap(countsText(campaign), width),
    ...(batchSize === null
      ? []
      : [
          `batch ${batchNo}, ${batchSize} orders each; ${percent(share ?? 0)} of the budget; stops over ${stopPercent ?? 0} % failures`,
        ]),
    ...(remaining === null ? [] : [wrap(estimateText(remaining), width)]),
  ].join('\n');
}

export function listText(campaigns: readonly CampaignView[], width: number): string {
  if (campaigns.length === 0) return 'There is no campaign.';
  const rows = campaigns.map(({ id, shopId, state, createdAt, createdBy, progress, reason }) => [
    ...[String(id), shopId, state.replace('_', ' '), instant(createdAt), createdBy],
    ...[`${progress.accepted}/${progress.total}`, reason ?? ''],
  ]);
  return table(['ID', 'SHOP', 'STATE', 'PLANNED', 'BY', 'ACCEPTED', 'REASON'], rows, width);
}
