const HERE = 'http://here.invalid';

/**
 * A path on this server, or null: what stands in a link to the log-in must not lead elsewhere after it. Judged as a
 * browser resolves it, since `/\other.example`, `/<tab>/other.example` and `/.//other.example` lead away too.
 */
export function localPath(text: string): string | null {
  if (!text.startsWith('/') || !URL.canParse(text, HERE)) return null;
  const { origin, pathname, search } = new URL(text, HERE);
  return origin === HERE && !pathname.startsWith('//') ? pathname + search : null;
}
