import {
  CAMPAIGN_BOUNDS,
  cancelResend,
  DEFAULT_CAMPAIGN_RULES,
  pauseResend,
  resendStatus,
  resumeResend,
  startResend,
  type AskedRules,
  type CampaignAct,
  type CampaignDone,
  type Relay,
} from '@relay/operations';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { Refused, type Answer } from '../answer.js';
import type { Cli, OutputOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, mustConfirm, notBlank, yesOption } from '../options.js';
import { countsText, headline } from '../print/campaign.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

interface ActOptions extends OutputOptions {
  readonly reason: string;
  readonly as: string;
  readonly yes?: boolean;
}

interface StartOptions extends ActOptions {
  readonly batchSize: number;
  readonly canary: number;
  readonly share: number;
  readonly stopOver: number;
}

/** What a person does with a campaign that was planned. */
export function addResendActs(resend: Command, cli: Cli): void {
  addStart(resend, cli);
  addAct(resend, cli, {
    name: 'resume',
    description: 'Let a paused or cancelled campaign go on with what it has not sent.',
    example: 'relay resend resume 7 --reason "HFT71 has mended it"',
    sends: true,
    carryOut: resumeResend,
  });
  addAct(resend, cli, {
    name: 'pause',
    description: 'Stop a campaign at once: what was released and is not on its way is put back.',
    example: 'relay resend pause 7 --reason "asking HFT71"',
    sends: false,
    carryOut: pauseResend,
  });
  addAct(resend, cli, {
    name: 'cancel',
    description: 'Stop a campaign at once, for good unless it is resumed.',
    example: 'relay resend cancel 7 --reason "the wrong window"',
    sends: false,
    carryOut: cancelResend,
  });
}

function addStart(resend: Command, cli: Cli): void {
  const command = act(resend, 'start', 'Send the orders of a planned campaign: a canary first, then batch by batch.')
    .addOption(ruleOption('--batch-size <n>', 'orders a batch', 'batchSize'))
    .addOption(
      ruleOption('--canary <n>', 'a first small batch: all of it must get through, and be read back', 'canarySize'),
    )
    .addOption(
      ruleOption('--share <percent>', 'of HFT71’s budget and send window; the rest is live orders’', 'sharePercent'),
    )
    .addOption(ruleOption('--stop-over <percent>', 'more failures of a batch than that pause it', 'stopPercent'))
    .addOption(yesOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((campaign: number, options: StartOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          await mustBeMeant(relay, cli, campaign, options);
          const { batchSize, canary: canarySize, share: sharePercent, stopOver: stopPercent } = options;
          const rules: AskedRules = { batchSize, canarySize, sharePercent, stopPercent };
          return answerOf(await startResend(relay, actOf(campaign, options), rules), cli);
        }),
      ),
    );
  helpful(command, [
    'relay resend start 7 --reason "after the outage"',
    'relay resend start 7 --batch-size 200 --share 30 --stop-over 5 --reason "…"',
  ]);
}

function addAct(
  resend: Command,
  cli: Cli,
  what: {
    readonly name: string;
    readonly description: string;
    readonly example: string;
    readonly sends: boolean;
    readonly carryOut: (relay: Relay, by: CampaignAct) => Promise<CampaignDone>;
  },
): void {
  const command = act(resend, what.name, what.description);
  if (what.sends) command.addOption(yesOption());
  command
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((campaign: number, options: ActOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          if (what.sends) await mustBeMeant(relay, cli, campaign, options);
          return answerOf(await what.carryOut(relay, actOf(campaign, options)), cli);
        }),
      ),
    );
  helpful(command, [what.example]);
}

function act(resend: Command, name: string, description: string): Command {
  return resend
    .command(name)
    .description(description)
    .argument('<campaign>', 'its number, as relay resend plan and list print it', campaignNumber)
    .requiredOption('--reason <text>', 'why, for the record', notBlank);
}

/** The count stands in the question: what is sent is not called back. */
async function mustBeMeant(relay: Relay, cli: Cli, campaignId: number, options: ActOptions): Promise<void> {
  const status = await resendStatus(relay, campaignId);
  if (status.kind === 'refused') throw new Refused(status);
  await mustConfirm(
    cli,
    options,
    `Send the ${status.campaign.progress.waiting} waiting orders of campaign ${campaignId}?`,
  );
}

function actOf(campaignId: number, { as: actor, reason }: ActOptions): CampaignAct {
  return { campaignId, actor, reason };
}

function answerOf(answer: CampaignDone, { width }: Cli): Answer {
  if (answer.kind === 'refused') throw new Refused(answer);
  const { campaign } = answer;
  const next = ['canary', 'running'].includes(campaign.state)
    ? [`To watch it: relay resend status ${campaign.id} --watch`]
    : [];
  return {
    json: campaign,
    text: [wrap(`${headline(campaign)}.`, width), wrap(`${countsText(campaign)}.`, width), ...next].join('\n'),
  };
}

function ruleOption(flags: string, description: string, rule: keyof AskedRules): Option {
  const [least, most] = CAMPAIGN_BOUNDS[rule];
  return new Option(flags, `${description}; ${least} to ${most}`)
    .argParser((text) => {
      const number = /^\d{1,5}$/.test(text.replace(/\s*%$/, '')) ? Number(text.replace(/\s*%$/, '')) : NaN;
      if (!(number >= least && number <= most))
        throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
      return number;
    })
    .default(DEFAULT_CAMPAIGN_RULES[rule]);
}

export function campaignNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new InvalidArgumentError('It is the number that relay resend list prints, e.g. 7.');
  return Number(text);
}
