/** `$_GET` as PHP makes it: `a[]=1&a[]=2` is `a: {0: 1, 1: 2}`, `+` is a blank, the last of equal names wins. */
export type QueryValue = string | QueryTree;
export type QueryTree = Map<string, QueryValue>;

export function parsePhpQuery(rawQuery: string): QueryTree {
  const tree: QueryTree = new Map();
  for (const pair of rawQuery.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decode(at === -1 ? pair : pair.slice(0, at));
    put(tree, keysOf(name), at === -1 ? '' : decode(pair.slice(at + 1)));
  }
  return tree;
}

/** A parameter as text; an array is none. */
export function textOf(tree: QueryTree, name: string): string | undefined {
  const value = tree.get(name);
  return typeof value === 'string' ? value : undefined;
}

/** A list parameter: an array, or a text parted at commas and blanks, as `wp_parse_list` does. */
export function listOf(tree: QueryTree, name: string): string[] | undefined {
  const value = tree.get(name);
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value.split(/[\s,]+/).filter((part) => part !== '');
  return [...value.values()].filter((part): part is string => typeof part === 'string');
}

function keysOf(name: string): string[] {
  const open = name.indexOf('[');
  if (open <= 0) return [name.replace(/[ .]/g, '_')];
  const inner = [...name.slice(open).matchAll(/\[([^\]]*)\]/g)].map((match) => match[1] ?? '');
  return [name.slice(0, open).replace(/[ .]/g, '_'), ...inner];
}

function put(tree: QueryTree, keys: string[], value: string): void {
  const [first = '', ...rest] = keys;
  const key = first === '' ? nextIndex(tree) : first;
  if (rest.length === 0) {
    tree.set(key, value);
    return;
  }
  const old = tree.get(key);
  const branch: QueryTree = old instanceof Map ? old : new Map<string, QueryValue>();
  tree.set(key, branch);
  put(branch, rest, value);
}

function nextIndex(tree: QueryTree): string {
  const indexes = [...tree.keys()].filter((key) => /^\d+$/.test(key)).map(Number);
  return String(indexes.length === 0 ? 0 : Math.max(...indexes) + 1);
}

function decode(text: string): string {
  const spaced = text.replace(/\+/g, ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
