import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '..');
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
/** What the founders' papers name of other places. */
const PAPERS = ['docs/design.md', 'docs/protocol.md'];

test.each(PAGES.filter((page) => !PAPERS.includes(page)))('every file that %s names is there', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map((match) =>
    join(dirname(page), match[1] as string),
  );
  const paths = [...text.matchAll(/`((?:apps|packages|prisma|docker|scripts|docs)\/[^`\s*…]+)`/g)].map(
    (match) => match[1] as string,
  );
  const missing = [...links, ...paths].filter((path) => !/\/dist\//.test(path) && !existsSync(join(ROOT, path)));
  expect(missing).toEqual([]);
});
