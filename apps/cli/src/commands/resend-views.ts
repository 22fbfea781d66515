import { setTimeout as sleep } from 'node:timers/promises';
import {
  resendList,
  resendReport,
  resendStatus,
  type CampaignReport,
  type CampaignStatus,
  type Relay,
} from '@relay/operations';
import type { Command } from 'commander';
import { Refused } from '../answer.js';
import { knownShopId } from '../chosen-shop.js';
import type { Cli, OutputOptions, ShopOptions } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { helpful } from '../helpful.js';
import { jsonOption, shopOption } from '../options.js';
import { bar, countsText, listText, statusText } from '../print/campaign.js';
import { progressLine } from '../print/progress-line.js';
import { table } from '../print/table.js';
import { instant, span } from '../print/times.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';
import { campaignNumber } from './resend-acts.js';

const MOST_LISTED = 50;
const MOST_NAMED = 200;
const WATCH_EVERY_MS = 1_000;
/** In these nothing happens to a campaign before a person does something. */
const AT_REST = ['planned', 'paused', 'cancelled', 'verified', 'not_verified'];

interface StatusOptions extends OutputOptions {
  readonly watch?: boolean;
}

export function addResendViews(resend: Command, cli: Cli): void {
  const status = ofCampaign(resend, 'status', 'How far a campaign is, counted from the ledger.')
    .option('--watch', 'until it rests: paused, cancelled, verified or not')
    .addOption(jsonOption())
    .action((campaign: number, options: StatusOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const seen = options.watch === true ? await watch(relay, cli, campaign) : await statusOf(relay, campaign);
          const isGood = options.watch !== true || seen.campaign.state === 'verified';
          return { json: seen, text: statusText(seen, cli), exitCode: isGood ? EXIT.ok : EXIT.failed };
        }),
      ),
    );
  helpful(
    status,
    ['relay resend status 7', 'relay resend status 7 --watch'],
    ['With --watch the exit code is 0 only where it ends verified.'],
  );

  const report = ofCampaign(
    resend,
    'report',
    'What a campaign did, and each order that is not through with what settles it.',
  )
    .addOption(jsonOption())
    .action((campaign: number, options: OutputOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const found = await resendReport(relay, campaign, MOST_NAMED);
          if (found.kind === 'refused') throw new Refused(found);
          return { json: found, text: reportText(found, cli) };
        }),
      ),
    );
  helpful(report, ['relay resend report 7', 'relay resend report 7 --json']);

  const list = resend
    .command('list')
    .description('Campaigns, the newest first.')
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: ShopOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shopId = await knownShopId(relay, options.shop);
          const campaigns = await resendList(relay, { shopId, limit: MOST_LISTED });
          return { json: campaigns, text: listText(campaigns, cli.width) };
        }),
      ),
    );
  helpful(list, ['relay resend list', 'relay resend list --json']);
}

function ofCampaign(resend: Command, name: string, description: string): Command {
  return resend.command(name).description(description).argument('<campaign>', 'its number', campaignNumber);
}

async function statusOf(relay: Relay, campaignId: number): Promise<CampaignStatus> {
  const status = await resendStatus(relay, campaignId);
  if (status.kind === 'refused') throw new Refused(status);
  return status;
}

/** On a terminal one line that moves; elsewhere nothing is printed before the end. */
async function watch(relay: Relay, cli: Cli, campaignId: number): Promise<CampaignStatus> {
  const line = progressLine(cli);
  for (;;) {
    const seen = await statusOf(relay, campaignId);
    line.show(lineOf(seen, cli.width));
    if (AT_REST.includes(seen.campaign.state)) {
      if (cli.isTerminal) cli.stderr.write('\n');
      return seen;
    }
    await sleep(WATCH_EVERY_MS);
  }
}

function lineOf({ campaign, remaining }: CampaignStatus, width: number): string {
  const left = remaining === null ? '' : `, ${span(remaining.durationMs)} left`;
  const { accepted, total, failed, inDoubt } = campaign.progress;
  const bad = failed + inDoubt > 0 ? `, ${failed + inDoubt} failed or in doubt` : '';
  return `${bar(campaign.progress, 24)}  ${campaign.state}  ${accepted}/${total}${bad}${left}`.slice(0, width - 1);
}

function reportText(report: CampaignReport, cli: Cli): string {
  const { campaign, planned, unfinished } = report;
  const { paint, width } = cli;
  const times: [string, Date | null][] = [
    ['planned', campaign.createdAt],
    ['started', campaign.startedAt],
    ['canary through', campaign.canaryPassedAt],
    ['ended', campaign.endedAt],
  ];
  return [
    statusText(report, cli),
    '',
    ...times.flatMap(([what, at]) => (at === null ? [] : [`${what}: ${instant(at)}`])),
    `by ${campaign.createdBy}${campaign.reason === null ? '' : `: ${campaign.reason}`}`,
    '',
    paint.bold('What was matched'),
    table(
      ['ORDERS', 'STATE', 'REASON', 'PART'],
      planned.map(({ orders, state, reason, part }) => [String(orders), state ?? 'no hand-off', reason ?? '', part]),
      width,
    ),
    '',
    ...(unfinished.length === 0
      ? [`Every order is through: ${countsText(campaign)}.`]
      : [
          paint.bold('Not through'),
          table(
            ['NUMBER', 'ID', 'NOW', 'CAMPAIGN'],
            unfinished.map(({ number, orderId, state, reason, part, outcome, outcomeReason }) => [
              ...[number, String(orderId), `${state ?? ''}${reason === null ? '' : `: ${reason}`}`],
              outcome === null ? part : `${outcome}${outcomeReason === null ? '' : ` (${outcomeReason})`}`,
            ]),
            width,
          ),
          ...(report.moreUnfinished ? ['  … and more: see --json and relay orders held'] : []),
          '',
          paint.bold('What settles them'),
          ...[...new Set(unfinished.map(({ settledBy }) => settledBy))].map((advice) => wrap(`- ${advice}`, width)),
        ]),
    ...(campaign.unknownNumbers.length === 0
      ? []
      : [
          '',
          wrap(`Asked for, and no order has these numbers: ${campaign.unknownNumbers.slice(0, 50).join(', ')}`, width),
        ]),
  ].join('\n');
}
