import type { Command } from 'commander';
import { setAccountPassword } from '@relay/operations';
import { chosenShop } from '../chosen-shop.js';
import type { ActorOptions, Cli } from '../cli.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, shopOption } from '../options.js';
import { givenPassword } from '../password.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

interface PasswordOptions extends ActorOptions {
  readonly passwordStdin?: boolean;
}

export function addAccount(program: Command, cli: Cli): void {
  const account = program.command('account').description('A shop’s HFT71 account.');
  helpful(account, ['relay account password', 'relay account password --password-stdin < password.txt']);
  addPassword(account, cli);
}

function addPassword(account: Command, cli: Cli): void {
  const command = account
    .command('password')
    .description('Tell the new password of a rotation to all processes, without restarting any.')
    .option('--password-stdin', 'read the password from the first line of the input')
    .addOption(shopOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: PasswordOptions) =>
      cli.answer(options, async () => {
        const password = await givenPassword(cli, options);
        return withRelay(cli, async (relay) => {
          const shop = chosenShop(relay, options.shop);
          await setAccountPassword(relay, shop, { password, actor: options.as });
          const text = `The password of ${shop.settings.hft71.username} is kept, encrypted, and used from the next log-in on. It counts until HFT71_PASSWORD is set to another one than now: set it there too before the next change. relay breaker show says whether HFT71 takes it.`;
          return {
            json: { shop: shop.id, username: shop.settings.hft71.username, kept: true },
            text: wrap(text, cli.width),
          };
        });
      }),
    );
  helpful(command, ['relay account password', 'relay account password --password-stdin < password.txt']);
}
