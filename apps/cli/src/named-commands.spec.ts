import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { commandTree } from './test-support.js';

/** What a page names, in its blocks and in its sentences: without `relay`, and without what is said beside it. */
function namedIn(page: string): string[] {
  const text = readFileSync(join(process.cwd(), page), 'utf8');
  const lines = [...text.matchAll(/^(?: {4})?(?:npm run --silent )?relay (?:-- )?(\S.*)$/gm)];
  const inline = [...text.replace(/^```[^]*?^```/gm, '').matchAll(/`(?:npm run --silent )?relay\s(?:-- )?([^`]+)`/g)];
  return [
    // `relay incident list        what is open`, `relay trace 7 | less`, `relay status   # now`
    ...lines.map((match) => (match[1] ?? '').split(/\s{2,}| [|>#] /)[0] ?? ''),
    ...inline.map((match) => (match[1] ?? '').replace(/\s+/g, ' ')),
  ].filter((line) => line !== '--');
}

const words = (line: string) => [...line.matchAll(/"[^"]*"|\S+/g)].map(([word]) => word);

/** @returns why the program does not understand it; null where it names a command of it, and options that it has. */
function faultOf(given: readonly string[], command: Command = commandTree()): string | null {
  const [word = '', ...rest] = given;
  if (given.length === 0) return null;
  if (word.startsWith('-')) {
    const name = word.split('=')[0] ?? '';
    const option = command.options.find((each) => [each.long, each.short].includes(name));
    return option === undefined && name !== '--help' ? `${command.name()} has no ${name}` : faultOf(rest, command);
  }
  // `orders hold|release` are two commands; `export orders|calls` is an argument.
  const next = word.split('|').map((name) => command.commands.find((each) => each.name() === name));
  const known = next.filter((each) => each !== undefined);
  if (known.length === next.length)
    return known.map((each) => faultOf(rest, each)).find((fault) => fault !== null) ?? null;
  if (command.commands.length > 0 && !command.registeredArguments[0]?.argChoices?.includes(word))
    return `${command.name()} has no ${word}`;
  return faultOf(rest, command);
}

it.each(['docs/runbook.md', 'docs/cut-over.md', 'docs/operations.md', 'README.md', 'CHANGELOG.md'])(
  'every command and every option that %s names is one that the program has',
  (page) => {
    const named = namedIn(page);
    expect(named.length).toBeGreaterThan(0);
    expect(named.flatMap((line) => faultOf(words(line)) ?? [])).toEqual([]);
  },
);

it.each([
  ['ordres held', 'relay has no ordres'],
  ['ledger resotred --reason …', 'ledger has no resotred'],
  ['statuses acept N --reason …', 'statuses has no acept'],
  ['orders hold|relaese N', 'orders has no hold|relaese'],
  ['orders hold N --reson …', 'hold has no --reson'],
])('%s would be noticed', (line, fault) => {
  expect(faultOf(words(line))).toBe(fault);
});
