import { InvalidArgumentError, Option, type Command } from 'commander';
import { resolveAbsent, resolveExisting, type Resolution, type Resolved } from '@relay/operations';
import { Refused } from '../answer.js';
import type { ActorOptions, Cli } from '../cli.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, mustConfirm, notBlank, shopOption, yesOption } from '../options.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

interface ResolveOptions extends ActorOptions {
  readonly exists?: string;
  readonly send?: boolean;
  /** null where `relay orders show` printed none. */
  readonly attempt: string;
  readonly reason: string;
  readonly yes?: boolean;
}

export function addOrdersResolve(orders: Command, cli: Cli): void {
  const command = orders
    .command('resolve')
    .description('Say what is true of a held order, after looking at HFT71.')
    .argument('<order>', 'the shop’s order number or its id; a reprint by its reference, as 1001-R2')
    .addOption(new Option('--exists <id>', 'HFT71 has it under this id').argParser(notBlank).conflicts('send'))
    .addOption(new Option('--send', 'HFT71 does not have it: send it'))
    .requiredOption('--attempt <token>', 'the attempt token that relay orders show prints, or none', attemptToken)
    .requiredOption('--reason <text>', 'how you know, for the record', notBlank)
    .addOption(shopOption())
    .addOption(yesOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action(async (wanted: string, options: ResolveOptions) => {
      const work = carryOut(cli, wanted, options);
      if (work === null)
        return command.error(
          'error: say what is true of the order: --exists ID when HFT71 has it, --send when it does not',
        );
      return cli.answer(options, work);
    });
  helpful(command, [
    'relay orders resolve 1001 --exists 88001 --attempt none --reason "found there"',
    'relay orders resolve 1001 --send \\\n    --attempt 0b8c4c1e-5a0f-4d5c-9f6e-0a1b2c3d4e5f --reason "not in their list"',
  ]);
}

function carryOut(cli: Cli, wanted: string, options: ResolveOptions) {
  const { exists, send } = options;
  if (exists !== undefined)
    return () =>
      answerOf(cli, wanted, options, (relay, resolution) =>
        resolveExisting(relay, { ...resolution, hft71OrderId: exists }),
      );
  if (send !== true) return null;
  return async () => {
    await mustConfirm(cli, options, `Send order ${wanted}? It has to be certain that HFT71 does not have it.`);
    return answerOf(cli, wanted, options, resolveAbsent);
  };
}

async function answerOf(
  cli: Cli,
  wanted: string,
  options: ResolveOptions,
  resolve: (relay: Parameters<typeof resolveAbsent>[0], resolution: Resolution) => Promise<Resolved>,
) {
  const { shop, attempt, reason, as: actor } = options;
  const token = attempt === NO_ATTEMPT ? null : attempt;
  const resolution = { wanted, token, actor, reason, ...(shop === undefined ? {} : { shopId: shop }) };
  const resolved = await withRelay(cli, (relay) => resolve(relay, resolution));
  if (resolved.kind === 'refused') throw new Refused(resolved);
  const { state, isAnothersNow = false } = resolved;
  const effect = EFFECTS[state]?.(wanted) ?? `Order ${wanted} is ${state} now.`;
  return {
    json: { order: wanted, state, ...(isAnothersNow && { isAnothersNow }) },
    text: isAnothersNow ? wrap(anothersText(wanted), cli.width) : effect,
  };
}

/** What relay orders show prints where nothing was tried yet. */
const NO_ATTEMPT = 'none';

function anothersText(wanted: string): string {
  return `The order that had the id of ${wanted} is settled as sent. The shop uses that id for another order now, which stays on the list: compare both, send that one to HFT71 by hand, and then say so with the same command once more.`;
}

const EFFECTS: Readonly<Record<string, (order: string) => string>> = {
  sent: (order) => `Order ${order} is settled as sent: HFT71 has it, and its id is written to the shop.`,
  ready: (order) => `Order ${order} is ready: it is sent as soon as its shop is live and HFT71 takes orders.`,
  cancelled: (order) => `Order ${order} is cancelled: the shop cancelled it meanwhile, so it is not sent.`,
};

/** Stays text: commander would make an empty one of null. */
function attemptToken(text: string): string {
  const token = text.trim().toLowerCase();
  if (token !== NO_ATTEMPT && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(token))
    throw new InvalidArgumentError('Copy it from relay orders show; where that prints none, say none.');
  return token;
}
