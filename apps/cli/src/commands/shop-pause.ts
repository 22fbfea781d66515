import type { Command } from 'commander';
import { countWaiting } from '@relay/ledger';
import { pauseShopByPerson, resumeCommand, resumeShopByPerson } from '@relay/operations';
import { Refused } from '../answer.js';
import { oneShopId } from '../chosen-shop.js';
import type { ActorOptions, Cli } from '../cli.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, mustConfirm, notBlank, shopOption, yesOption } from '../options.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

interface PauseOptions extends ActorOptions {
  readonly reason: string;
  readonly yes?: boolean;
}

export function addShopPause(shop: Command, cli: Cli): void {
  const command = shop
    .command('pause')
    .description('Send nothing of this shop until it is resumed. Calls under way end; nothing is lost.')
    .requiredOption('--reason <reason>', 'why, for whoever looks next', notBlank)
    .addOption(shopOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: PauseOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shopId = await oneShopId(relay, options.shop);
          const done = await pauseShopByPerson(relay, { shopId, actor: options.as, reason: options.reason });
          if (done.kind === 'refused') throw new Refused(done);
          const back = await resumeCommand(relay, shopId);
          const text = `Shop ${shopId} is paused: nothing of it is sent. Orders are taken in and wait (now ${done.waiting}), and waiting makes none of them late. Back with:`;
          return {
            json: { shop: shopId, paused: true, waiting: done.waiting },
            text: `${wrap(text, cli.width)}\n${back}`,
          };
        }),
      ),
    );
  helpful(
    command,
    ['relay shop pause --reason "wrong prices"', 'relay shop pause --shop second --reason "stocktaking" --as "Eve"'],
    [
      'Statuses, tracking, write-backs, and edits and cancellations of orders that\nHFT71 has already go on. To stop all shops of an account: relay breaker open.',
    ],
  );
}

export function addShopResume(shop: Command, cli: Cli): void {
  const command = shop
    .command('resume')
    .description('Send this shop’s orders again, those that came meanwhile too.')
    .requiredOption('--reason <reason>', 'why, for whoever looks next', notBlank)
    .addOption(shopOption())
    .addOption(yesOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: PauseOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shopId = await oneShopId(relay, options.shop);
          const waiting = await countWaiting(relay.ledger, shopId);
          await mustConfirm(cli, options, `Send shop ${shopId}’s orders again (${waiting} wait)?`);
          const done = await resumeShopByPerson(relay, { shopId, actor: options.as, reason: options.reason });
          if (done.kind === 'refused') throw new Refused(done);
          const text = `Shop ${shopId} is not paused any more: what waits (${done.waiting}) goes as soon as the shop is live and HFT71 takes orders.`;
          return { json: { shop: shopId, paused: false, waiting: done.waiting }, text: wrap(text, cli.width) };
        }),
      ),
    );
  helpful(command, ['relay shop resume --reason "prices mended"', 'relay shop resume --reason "done" --yes --json']);
}
