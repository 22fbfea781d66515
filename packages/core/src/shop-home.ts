/** The same home URL, whatever the trailing slash and the case of scheme and host (`X-WC-Webhook-Source` has a slash). */
export function sameHomeUrl(a: string, b: string): boolean {
  return normalHomeUrl(a) === normalHomeUrl(b);
}

export function normalHomeUrl(text: string): string {
  try {
    const url = new URL(text.trim());
    return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
  } catch {
    return text.trim().replace(/\/+$/, '');
  }
}
