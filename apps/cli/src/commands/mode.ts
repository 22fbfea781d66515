import { Argument, Option, type Command } from 'commander';
import { forgetfulSettings, listShops, loadShop, type NotShown } from '@relay/ledger';
import { resumeCommand, switchLive, switchShadow, type Relay } from '@relay/operations';
import { Refused, type Answer } from '../answer.js';
import { chosenShop, knownShopId } from '../chosen-shop.js';
import type { ActorOptions, Cli, ShopOptions } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, mustConfirm, notBlank, shopOption, yesOption } from '../options.js';
import { table } from '../print/table.js';
import { instant } from '../print/times.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

interface LiveOptions extends ActorOptions {
  readonly pluginSendingIsOff?: boolean;
  readonly reason?: string;
  readonly yes?: boolean;
}

export function addMode(program: Command, cli: Cli): void {
  const mode = program
    .command('mode')
    .description('Whether a shop’s orders are sent (live) or only recorded (shadow).')
    .usage('[show|live|shadow] [options]')
    // Takes the word that is no subcommand, so that a slip of the hand is told of as one.
    .addArgument(new Argument('[what]', 'show when left out').choices(['show', 'live', 'shadow']))
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((_what: string | undefined, options: ShopOptions) => showMode(cli, options));
  helpful(mode, ['relay mode', 'relay mode live', 'relay mode shadow']);
  addShow(mode, cli);
  addLive(mode, cli);
  addShadow(mode, cli);
}

const reasonOption = () => new Option('--reason <text>', 'why, for the record').argParser(notBlank);

function addShow(mode: Command, cli: Cli): void {
  const command = mode
    .command('show')
    .description('The mode of each shop.')
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: ShopOptions) => showMode(cli, options));
  helpful(command, ['relay mode show', 'relay mode show --shop main --json']);
}

function addLive(mode: Command, cli: Cli): void {
  const command = mode
    .command('live')
    .description('Send this shop’s new orders from now on. Refuses while something stands against it.')
    .option('--plugin-sending-is-off', 'the HFT71 plugin is active in the shop, but its sending is switched off')
    .addOption(reasonOption())
    .addOption(shopOption())
    .addOption(yesOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: LiveOptions) =>
      cli.answer(options, () => withRelay(cli, (relay) => goLive(cli, relay, options))),
    );
  helpful(
    command,
    [
      'relay mode live',
      'relay mode live --plugin-sending-is-off',
      'relay mode live --shop main --yes --as "Eve" --reason "cut-over"',
    ],
    [
      'Orders created before now are not sent: those that stand in a sendable status\nare held, since the sender before the relay may have sent them\n(relay orders held).',
    ],
  );
}

function addShadow(mode: Command, cli: Cli): void {
  const command = mode
    .command('shadow')
    .description('Stop sending this shop’s orders, at once. Calls under way end; nothing is lost.')
    .addOption(reasonOption())
    .addOption(shopOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: ActorOptions & { readonly reason?: string }) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shop = chosenShop(relay, options.shop);
          const { changed, notShown } = await switchShadow(relay, shop, {
            actor: options.as,
            reason: options.reason ?? null,
          });
          const text = changed
            ? `Shop ${shop.id} is in shadow mode now: nothing of it is sent. Back with: relay mode live${relay.shops.size > 1 ? ` --shop ${shop.id}` : ''}`
            : `Shop ${shop.id} was not live: nothing of it was sent.`;
          const lines = notShown.orders === 0 ? [text] : [text, notShownText(notShown)];
          return {
            json: { shop: shop.id, changed, notShown },
            text: lines.map((line) => wrap(line, cli.width)).join('\n'),
          };
        }),
      ),
    );
  helpful(command, ['relay mode shadow', 'relay mode shadow --shop main --as "Eve" --reason "back to the plugin"']);
}

function notShownText({ orders, numbers }: NotShown): string {
  const more = orders > numbers.length ? ` and ${orders - numbers.length} more` : '';
  return `${orders} orders are at HFT71, or may be, and the shop does not show it yet: do not switch the plugin on, it would send them again: ${numbers.join(', ')}${more}. Leave the workers running, mend what keeps the ids from the shop (relay doctor), settle what is held or in doubt (relay orders held), and ask again: relay mode shadow`;
}

function showMode(cli: Cli, options: ShopOptions): Promise<void> {
  return cli.answer(options, () =>
    withRelay(cli, async (relay) => {
      const shopId = await knownShopId(relay, options.shop);
      const shops = (await listShops(relay.ledger)).filter(({ id }) => shopId === undefined || id === shopId);
      const rows = shops.map(({ id, mode, liveAt }) => [id, mode, liveAt === null ? 'never' : instant(liveAt)]);
      return {
        json: shops.map(({ id, mode, liveAt }) => ({ shop: id, mode, liveAt })),
        text: rows.length === 0 ? 'No shop yet.' : table(['SHOP', 'MODE', 'LAST WENT LIVE'], rows, cli.width),
      };
    }),
  );
}

async function goLive(cli: Cli, relay: Relay, options: LiveOptions): Promise<Answer> {
  const shop = chosenShop(relay, options.shop);
  const { baseUrl } = shop.settings.hft71;
  await mustConfirm(cli, options, `Send shop ${shop.id}’s new orders to ${baseUrl} from now on?`);
  const progress = listProgress(cli);
  const went = await switchLive(relay, shop, {
    pluginSendingIsOff: options.pluginSendingIsOff ?? false,
    actor: options.as,
    reason: options.reason ?? null,
    onProgress: progress.show,
  }).finally(progress.clear);
  switch (went.kind) {
    case 'was-live':
      return { json: { shop: shop.id, mode: 'live', changed: false }, text: `Shop ${shop.id} is live already.` };
    case 'refused': {
      const forgetful = await forgetfulSettings(relay.ledger);
      const isAway = went.refusals.every(({ kind }) => kind === 'away');
      throw new Refused(went.refusals, forgetful.length > 0 ? EXIT.config : isAway ? EXIT.unavailable : EXIT.failed);
    }
    case 'live': {
      const { listed, beforeLive } = went;
      const paused = (await loadShop(relay.ledger, shop.id))?.pausedAt != null;
      const but = paused ? ' It is paused: nothing goes before it is resumed.' : '';
      const how = paused ? `\n${await resumeCommand(relay, shop.id)}` : '';
      const text = `Shop ${shop.id} is live.${but} Orders read in sendable statuses: ${listed}; created before, so not sent by themselves: ${beforeLive} (relay orders held)`;
      return {
        json: { shop: shop.id, mode: 'live', changed: true, listed, beforeLive },
        text: wrap(text, cli.width) + how,
      };
    }
  }
}

/** One line that is written over, for a person who waits. */
function listProgress({ isTerminal, stderr }: Cli) {
  const clearLine = '\r\u001b[K';
  return {
    show: (ordersRead: number) =>
      void (isTerminal && stderr.write(`${clearLine}Reading the list: ${ordersRead} orders`)),
    clear: () => void (isTerminal && stderr.write(clearLine)),
  };
}
