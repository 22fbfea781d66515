import { parseDuration } from '@relay/config';
import { rotateHft71Secret, rotateShopSecret, type Rotated } from '@relay/operations';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { Refused } from '../answer.js';
import { chosenShop } from '../chosen-shop.js';
import type { ActorOptions, Cli } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, mustConfirm, notBlank, shopOption, yesOption } from '../options.js';
import { span } from '../print/times.js';
import { wrap } from '../print/wrap.js';
import { withRelay } from '../with-relay.js';

interface RotateOptions extends ActorOptions {
  readonly shopSide?: true;
  readonly hft71Side?: true;
  readonly keep?: number;
  readonly reason?: string;
  readonly yes?: boolean;
}

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;
const LONGEST_MS = 30 * DAY;
/** The shop is told at once; at HFT71 a person enters it. */
const KEEP_MS = { shop: HOUR, hft71: 7 * DAY } as const;

export function addRotate(webhook: Command, cli: Cli): void {
  const command = webhook
    .command('rotate')
    .description('A new secret, taken beside the one before until the other side has it. Nothing is restarted.')
    .addOption(new Option('--shop-side', 'for the shop’s webhooks: it is set there as well').conflicts('hft71Side'))
    .option('--hft71-side', 'for HFT71’s webhook: it is shown once, to be entered there')
    .addOption(
      new Option(
        '--keep <time>',
        'how long the one before is taken yet; 0 drops it at once (1h; 7d for HFT71’s)',
      ).argParser(keepOf),
    )
    .option('--reason <text>', 'for the record', notBlank)
    .addOption(yesOption())
    .addOption(shopOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((options: RotateOptions) =>
      cli.answer(options, async () => {
        const side = sideOf(options);
        return withRelay(cli, async (relay) => {
          const shop = chosenShop(relay, options.shop);
          const keepMs = options.keep ?? KEEP_MS[side];
          await mustConfirm(cli, options, questionOf(side, shop.id, keepMs));
          const by = { actor: options.as, reason: options.reason ?? null, keepMs };
          const rotate = side === 'shop' ? rotateShopSecret : rotateHft71Secret;
          const rotated = await rotate(relay, shop, by);
          if (rotated.kind === 'refused') throw new Refused(rotated);
          return { json: { shop: shop.id, side, keepMs, ...rotated }, text: wrap(saidOf(rotated, keepMs), cli.width) };
        });
      }),
    );
  helpful(command, [
    'relay webhook rotate --shop-side',
    'relay webhook rotate --hft71-side --reason "somebody left"',
    'relay webhook rotate --hft71-side --keep 0 --yes',
  ]);
}

function sideOf({ shopSide, hft71Side }: RotateOptions): 'shop' | 'hft71' {
  if (shopSide === true) return 'shop';
  if (hft71Side === true) return 'hft71';
  throw new Refused(
    { what: 'it is not said whose webhook', toDo: 'name --shop-side or --hft71-side; relay webhook rotate --help' },
    EXIT.usage,
  );
}

function questionOf(side: 'shop' | 'hft71', shopId: string, keepMs: number): string {
  const whose = side === 'shop' ? `the webhooks of shop ${shopId}` : 'HFT71’s webhook';
  return keepMs === 0
    ? `Give ${whose} a new secret and drop the one before at once?`
    : `Give ${whose} a new secret? The one before is taken for ${span(keepMs)} yet.`;
}

function saidOf({ secret, webhooks }: Rotated, keepMs: number): string {
  const before =
    keepMs === 0 ? 'The one before is refused from now on.' : `The one before is taken for ${span(keepMs)} yet.`;
  if (secret === null)
    return `${webhooks} webhooks of the shop have the new secret, which is kept encrypted here. ${before} It counts until WC_WEBHOOK_SECRET is set to another one than now. See it work: relay webhook check`;
  return `Enter this secret at HFT71, as that of the webhook: it is not shown again.\n\n  ${secret}\n\n${before} It counts until HFT71_WEBHOOK_SECRET is set to another one than now: set it there to this one when it suits. See it work: relay webhook test, and relay webhook check when HFT71 has called.`;
}

function keepOf(text: string): number {
  const keepMs = parseDuration(text);
  if (keepMs === null || keepMs > LONGEST_MS)
    throw new InvalidArgumentError('It is a time like 1h or 7d, at most 30d; or 0.');
  return keepMs;
}
