import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { Command } from 'commander';
import { addShop } from '@relay/operations';
import { Refused } from '../answer.js';
import type { ActorOptions, Cli } from '../cli.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, mustConfirm, notBlank, yesOption } from '../options.js';
import { withRelay } from '../with-relay.js';

interface AddOptions extends ActorOptions {
  readonly file: string;
  readonly replace?: boolean;
  readonly yes?: boolean;
}

export function addShopAdd(shop: Command, cli: Cli): void {
  const command = shop
    .command('add')
    .description('Another shop, beside the one of the environment. It starts in shadow mode.')
    .argument('<id>', 'what it is called here, e.g. second', notBlank)
    .requiredOption('--file <file>', 'its WC_* and HFT71_*, written as in .env', notBlank)
    .option('--replace', 'replace all settings of a shop that is known already')
    .addOption(yesOption())
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((id: string, options: AddOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const { file, replace = false } = options;
          const raw = readEnvFile(file);
          if (replace && relay.shops.has(id))
            await mustConfirm(cli, options, `Replace all settings of shop ${id} by those of ${file}?`);
          const added = await addShop(relay, { id, raw, actor: options.as, replace });
          if (added.kind === 'refused') throw new Refused(added);
          const text = `Shop ${id} is ${added.kind}. Workers and api take it in at their next start. Keep ${options.file} safe or delete it: it holds secrets.`;
          return { json: { shop: id, [added.kind]: true }, text };
        }),
      ),
    );
  helpful(command, [
    'relay shop add second --file second-shop.env',
    'relay shop add second --file second-shop.env --replace',
  ]);
}

function readEnvFile(file: string): Record<string, string | undefined> {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new Refused({
      what: `${file} cannot be read (${code})`,
      toDo: 'name a file with lines like WC_BASE_URL=https://…',
    });
  }
}
