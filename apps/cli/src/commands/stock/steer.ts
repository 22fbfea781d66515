import { parseDuration } from '@relay/config';
import { boost, endBoost, setSafety } from '@relay/operations';
import { InvalidArgumentError, type Command } from 'commander';
import { Refused } from '../../answer.js';
import { chosenShop } from '../../chosen-shop.js';
import type { ActorOptions, Cli } from '../../cli.js';
import { helpful } from '../../helpful.js';
import { actorOption, jsonOption, notBlank, shopOption } from '../../options.js';
import { instant, span } from '../../print/times.js';
import { withRelay } from '../../with-relay.js';

interface BoostOptions extends ActorOptions {
  readonly every?: number;
  readonly for: number;
  readonly end?: boolean;
  readonly reason?: string;
}

export function addStockBoost(stock: Command, cli: Cli): void {
  const command = stock
    .command('boost')
    .description('Compare the stock more often for a while. It ends by itself.')
    .option('--every <duration>', 'how often, as 5m; a minute at least', durationOf)
    .option('--for <duration>', 'how long, as 2h; 24 hours at most', durationOf, 2 * 3_600_000)
    .option('--end', 'end it now')
    .option('--reason <text>', 'why, for the record', notBlank)
    .addOption(shopOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: BoostOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const shop = chosenShop(relay, options.shop);
          const act = { actor: options.as, reason: options.reason ?? null };
          if (options.end === true) {
            await endBoost(relay, shop, act);
            return { json: { until: null }, text: `The stock is compared every ${span(shop.stock.everyMs)} again.` };
          }
          if (options.every === undefined)
            throw new Refused({
              what: 'how often is not said',
              toDo: 'say it with --every 5m, or --end to end a boost',
            });
          const boosted = await boost(relay, shop, { everyMs: options.every, forMs: options.for }, act);
          if (boosted.kind === 'refused') throw new Refused(boosted);
          return {
            json: { everyMs: options.every, until: boosted.until },
            text: `The stock is compared every ${span(options.every)} until ${instant(boosted.until)}.`,
          };
        }),
      ),
    );
  helpful(command, ['relay stock boost --every 5m --for 2h', 'relay stock boost --end']);
}

interface SafetyOptions extends ActorOptions {
  readonly reason?: string;
}

export function addStockSafety(stock: Command, cli: Cli): void {
  const command = stock
    .command('safety')
    .description('Pieces of one SKU that are never offered, instead of HFT71_STOCK_SAFETY.')
    .argument('<sku>')
    .argument('<pieces>', 'a whole number, or "default" for HFT71_STOCK_SAFETY again', piecesOf)
    .option('--reason <text>', 'why, for the record', notBlank)
    .addOption(shopOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((sku: string, pieces: number | null, options: SafetyOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const act = { actor: options.as, reason: options.reason ?? null };
          const done = await setSafety(relay, chosenShop(relay, options.shop), { sku, pieces }, act);
          if (done.kind === 'refused') throw new Refused(done);
          return {
            json: { sku, pieces },
            text: `${sku}: ${pieces === null ? 'HFT71_STOCK_SAFETY' : `${pieces} pieces`} from the next run on.`,
          };
        }),
      ),
    );
  helpful(command, ['relay stock safety GL64000-00007-0046 3', 'relay stock safety GL64000-00007-0046 default']);
}

function durationOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms <= 0) throw new InvalidArgumentError('Write a number and s, m or h, as 5m.');
  return ms;
}

function piecesOf(text: string): number | null {
  if (text === 'default') return null;
  const pieces = Number(text);
  if (!Number.isInteger(pieces) || pieces < 0 || pieces > 1_000_000)
    throw new InvalidArgumentError('It is a whole number from 0 on, or "default".');
  return pieces;
}
