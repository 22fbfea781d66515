import type { Command } from 'commander';
import { loadAccount } from '@relay/ledger';
import { closeBreakerByPerson } from '@relay/operations';
import { chosenShop } from '../chosen-shop.js';
import type { ActorOptions, Cli, ShopOptions } from '../cli.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, mustConfirm, notBlank, shopOption, yesOption } from '../options.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

interface CloseOptions extends ActorOptions {
  readonly reason: string;
  readonly yes?: boolean;
}

export function addBreaker(program: Command, cli: Cli): void {
  const breaker = program.command('breaker').description('Whether calls go to a shop’s HFT71 account at all.');
  helpful(breaker, ['relay breaker show', 'relay breaker close --reason "the plugin is off now"']);
  addShow(breaker, cli);
  addClose(breaker, cli);
}

function addShow(breaker: Command, cli: Cli): void {
  const command = breaker
    .command('show')
    .description('The breaker’s state, who opened it, and why.')
    .addOption(shopOption())
    .addOption(jsonOption())
    .action((options: ShopOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shop = chosenShop(relay, options.shop);
          const account = await loadAccount(relay.ledger, shop.accountId);
          const { breakerState = 'closed', breakerOwner = null, breakerReason = null } = account ?? {};
          const why =
            breakerState === 'closed' ? '' : ` Opened by ${breakerOwner ?? 'the relay'}: ${breakerReason ?? ''}.`;
          return {
            json: { shop: shop.id, state: breakerState, owner: breakerOwner, reason: breakerReason },
            text: wrap(
              `The breaker of shop ${shop.id}’s HFT71 account is ${breakerState.replace('_', '-')}.${why}`,
              cli.width,
            ),
          };
        }),
      ),
    );
  helpful(command, ['relay breaker show', 'relay breaker show --json']);
}

function addClose(breaker: Command, cli: Cli): void {
  const command = breaker
    .command('close')
    .description('Let orders go again, once what stopped the account is settled.')
    .requiredOption('--reason <text>', 'what was settled, for the record', notBlank)
    .addOption(shopOption())
    .addOption(yesOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: CloseOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shop = chosenShop(relay, options.shop);
          await mustConfirm(cli, options, `Send shop ${shop.id}’s orders to ${shop.settings.hft71.baseUrl} again?`);
          const changed = await closeBreakerByPerson(relay, shop, {
            which: 'account',
            actor: options.as,
            reason: options.reason,
          });
          const text = changed ? 'The breaker is closed: orders go again.' : 'The breaker was closed already.';
          return { json: { shop: shop.id, changed }, text };
        }),
      ),
    );
  helpful(command, ['relay breaker close --reason "the plugin is off now"']);
}
