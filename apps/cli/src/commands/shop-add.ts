import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { Command } from 'commander';
import { addShop } from '@relay/operations';
import { Refused } from '../answer.js';
import type { ActorOptions, Cli } from '../cli.js';
import { helpful } from '../helpful.js';
import { actorOption, jsonOption, notBlank } from '../options.js';
import { withRelay } from '../with-relay.js';

interface AddOptions extends ActorOptions {
  readonly file: string;
}

export function addShopAdd(shop: Command, cli: Cli): void {
  const command = shop
    .command('add')
    .description('Another shop, beside the one of the environment. It starts in shadow mode.')
    .argument('<id>', 'what it is called here, e.g. second', notBlank)
    .requiredOption('--file <file>', 'its WC_* and HFT71_*, written as in .env', notBlank)
    .addOption(actorOption())
    .addOption(jsonOption())
    .action((id: string, options: AddOptions) =>
      cli.answer(options, () =>
        withRelay(cli, async (relay) => {
          const added = await addShop(relay, { id, raw: readEnvFile(options.file), actor: options.as });
          if (added.kind === 'refused') throw new Refused(added);
          const text = `Shop ${id} is ${added.kind}. Workers and api take it in at their next start. Keep ${options.file} safe or delete it: it holds secrets.`;
          return { json: { shop: id, [added.kind]: true }, text };
        }),
      ),
    );
  helpful(command, ['relay shop add second --file second-shop.env']);
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
