import { InvalidArgumentError, Option, type Command } from 'commander';
import { listIncidents, type IncidentView, type IncidentWhole } from '@relay/ledger';
import { actOnIncident, findIncident, reportIncident, type Refusal, type Relay } from '@relay/operations';
import { Refused } from '../answer.js';
import { knownShopId } from '../chosen-shop.js';
import type { ActorOptions, Cli, ShopOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, notBlank, shopOption } from '../options.js';
import { table } from '../print/table.js';
import { ago, instant } from '../print/times.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

interface ListOptions extends ShopOptions {
  readonly all?: boolean;
  readonly limit: number;
}

interface ActOptions extends ActorOptions {
  readonly reason?: string;
}

const DEFAULT_LIMIT = 50;
const MOST = 1_000;

export function addIncident(program: Command, cli: Cli): void {
  const incident = program
    .command('incident')
    .description('What people are called for: alerts of one cause, from their start to the report.');
  helpful(incident, ['relay incident list', 'relay incident ack 12', 'relay incident report 12 > incident-12.md']);
  addList(incident, cli);
  addShow(incident, cli);
  addAct(incident, cli, {
    name: 'ack',
    how: 'acknowledge',
    description: 'Say that you look after it. Timed against the target of its severity.',
    example: 'relay incident ack 12 --reason "on it"',
    done: 'is acknowledged',
  });
  addAct(incident, cli, {
    name: 'mitigate',
    how: 'mitigate',
    description: 'Say that no order suffers from it any more, whatever its cause still is.',
    example: 'relay incident mitigate 12 --reason "the plugin is off"',
    done: 'is mitigated',
    needsReason: true,
  });
  addAct(incident, cli, {
    name: 'close',
    how: 'close',
    description: 'End it by hand. What is over ends by itself; refused while one of its alerts is still true.',
    example: 'relay incident close 12 --reason "one of the two was cancelled at HFT71"',
    done: 'is closed',
    needsReason: true,
  });
  addReport(incident, cli);
}

function addList(incident: Command, cli: Cli): void {
  const command = incident
    .command('list')
    .description('Open incidents, the worst first.')
    .addOption(new Option('--all', 'those that are over too'))
    .addOption(new Option('--limit <n>', 'at most so many').argParser(limit).default(DEFAULT_LIMIT))
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: ListOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const all = options.all === true;
          const found = await listIncidents(relay.ledger, {
            all,
            limit: options.limit + 1,
            ...(await ofShop(relay, options)),
          });
          const incidents = found.slice(0, options.limit);
          const more = found.length > options.limit;
          return { json: { incidents, more }, text: listText(incidents, more, all, cli) };
        }),
      ),
    );
  helpful(command, ['relay incident list', 'relay incident list --all --json']);
}

function addShow(incident: Command, cli: Cli): void {
  const command = incident
    .command('show')
    .description('One incident: its alerts, its targets, its timeline, and what was told to whom.')
    .argument('<incident>', 'its number', incidentNumber)
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((incidentId: number, options: ShopOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const { incident: found } = orRefused(
            await findIncident(relay, incidentId, await knownShopId(relay, options.shop)),
          );
          return { json: found, text: incidentText(found, cli) };
        }),
      ),
    );
  helpful(command, ['relay incident show 12']);
}

function addAct(
  incident: Command,
  cli: Cli,
  act: {
    readonly name: string;
    readonly how: 'acknowledge' | 'mitigate' | 'close';
    readonly description: string;
    readonly example: string;
    readonly done: string;
    readonly needsReason?: true;
  },
): void {
  const command = incident
    .command(act.name)
    .description(act.description)
    .argument('<incident>', 'its number', incidentNumber)
    .addOption(reasonOption(act.needsReason === true))
    .addOption(shopOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((incidentId: number, options: ActOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const by = {
            incidentId,
            actor: options.as,
            reason: options.reason ?? null,
            ...(await ofShop(relay, options)),
          };
          const { incident: changed } = orRefused(await actOnIncident(relay, act.how, by));
          return { json: changed, text: wrap(`Incident ${incidentId} ${act.done}${lateText(changed)}.`, cli.width) };
        }),
      ),
    );
  helpful(command, [act.example]);
}

function addReport(incident: Command, cli: Cli): void {
  const command = incident
    .command('report')
    .description('What an escalation and a post-mortem need, as Markdown; with --json for programs.')
    .argument('<incident>', 'its number', incidentNumber)
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((incidentId: number, options: ShopOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const { report } = orRefused(await reportIncident(relay, incidentId, await knownShopId(relay, options.shop)));
          const { markdown, ...json } = report;
          return { json, text: markdown.trimEnd() };
        }),
      ),
    );
  helpful(command, [
    'relay incident report 12 > incident-12.md',
    'relay incident report 12 --json | jq .evidence.affected',
  ]);
}

async function ofShop(relay: Relay, { shop }: ShopOptions): Promise<{ shopId?: string }> {
  const shopId = await knownShopId(relay, shop);
  return shopId === undefined ? {} : { shopId };
}

function reasonOption(isNeeded: boolean): Option {
  const option = new Option('--reason <text>', 'why, for the record').argParser(notBlank);
  return isNeeded ? option.makeOptionMandatory() : option;
}

function orRefused<T extends { readonly kind: string }>(result: T | Refusal): Exclude<T, Refusal> {
  if ('toDo' in result) throw new Refused({ what: result.what, toDo: result.toDo });
  return result as Exclude<T, Refusal>;
}

function incidentNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is the number that relay incident list shows.');
  return Number(text);
}

function limit(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MOST) throw new InvalidArgumentError(`It is a number from 1 to ${MOST}.`);
  return count;
}

function listText(incidents: readonly IncidentView[], more: boolean, all: boolean, { paint, width }: Cli): string {
  if (incidents.length === 0) return all ? 'There was no incident yet.' : 'No incident is open.';
  const rows = incidents.map((each) => [
    String(each.id),
    each.severity === 1 && each.state !== 'resolved' ? paint.red('SEV-1') : `SEV-${each.severity}`,
    each.state,
    ago(each.startedAt),
    String(each.alerts),
    `${each.title}${lateText(each)}`,
  ]);
  const text = table(['NO', 'SEVERITY', 'STATE', 'BEGAN', 'ALERTS', 'WHAT'], rows, width);
  return more ? `${text}\n\nThere are more: raise --limit.` : text;
}

function lateText({ acknowledgedLate, mitigatedLate }: IncidentView): string {
  const late = [acknowledgedLate ? 'acknowledged' : null, mitigatedLate ? 'mitigated' : null].filter((each) => each);
  return late.length === 0 ? '' : ` (not ${late.join(' and ')} in time)`;
}

function incidentText(incident: IncidentWhole, { paint, width }: Cli): string {
  const { severity, id, title, gathered, timeline, messages } = incident;
  const alerts = gathered.map((alert) => [
    `SEV-${alert.severity}`,
    alert.kind,
    alert.endedAt === null ? paint.red('fires') : `over since ${instant(alert.endedAt)}`,
    alert.message,
  ]);
  const waiting = messages.filter(({ deliveredAt }) => deliveredAt === null);
  return [
    paint.bold(wrap(`Incident ${id}: SEV-${severity} ${title}`, width)),
    table([], stateRows(incident), width),
    `\n${paint.bold('Alerts')}`,
    table([], alerts, width),
    `\n${paint.bold('Timeline')}`,
    table(
      [],
      timeline.map(({ at, change, what }) => [instant(at), change, what]),
      width,
    ),
    `\n${paint.bold('Told')}`,
    wrap(toldText(messages.length, waiting.length), width, '  '),
    ...waiting.map(({ channel, tries, lastFailure }) =>
      paint.red(wrap(`${channel}: ${tries} tries, ${lastFailure ?? 'not yet tried'}`, width, '  ')),
    ),
  ].join('\n');
}

function toldText(messages: number, waiting: number): string {
  if (messages === 0) return 'in the log only: ALERT_WEBHOOK_URL and SMTP_URL are not set';
  return `${messages} messages${waiting === 0 ? ', all delivered' : `, ${waiting} not delivered yet`}`;
}

function stateRows(incident: IncidentWhole): string[][] {
  const late = (isLate: boolean) => (isLate ? ', late' : '');
  const done = (at: Date | null, by: string | null) => (at === null ? 'not yet' : `${instant(at)} by ${by ?? '?'}`);
  return [
    ['state', incident.state],
    ['began', instant(incident.startedAt)],
    ['ended', incident.endedAt === null ? 'not yet' : instant(incident.endedAt)],
    [
      'acknowledged',
      `${done(incident.acknowledgedAt, incident.acknowledgedBy)}, target ${instant(incident.acknowledgeBy)}${late(incident.acknowledgedLate)}`,
    ],
    [
      'mitigated',
      `${done(incident.mitigatedAt, incident.mitigatedBy)}${
        incident.mitigateBy === null ? '' : `, target ${instant(incident.mitigateBy)}${late(incident.mitigatedLate)}`
      }`,
    ],
    [
      'closed',
      `${done(incident.resolvedAt, incident.resolvedBy)}${incident.reason === null ? '' : `: ${incident.reason}`}`,
    ],
  ];
}
