import type { Command } from 'commander';

/** Examples below the help, and the way to them after a command line that makes no sense. */
export function helpful(command: Command, examples: readonly string[], notes: readonly string[] = []): Command {
  const list = `Examples:\n${examples.map((example) => `  ${example}`).join('\n')}`;
  return command
    .addHelpText('after', `\n${[list, ...notes].join('\n\n')}`)
    .showHelpAfterError(`What to do: see ${pathOf(command)} --help`);
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
