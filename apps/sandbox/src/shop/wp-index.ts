import type { JsonObject } from '../json.js';
import type { ShopSettings } from './shop.js';

/** `GET /wp-json/`: who the shop is, and which plugins answer. No sign-in. */
export function indexBody(settings: ShopSettings): JsonObject {
  const { homeUrl, offsetMinutes, pluginActive } = settings;
  return {
    name: 'Sandbox shop',
    description: '',
    url: homeUrl,
    home: homeUrl,
    gmt_offset: String(offsetMinutes / 60),
    timezone_string: '',
    page_for_posts: 0,
    page_on_front: 0,
    show_on_front: 'posts',
    namespaces: [
      'oembed/1.0',
      'wc/v1',
      'wc/v2',
      'wc/v3',
      'wc-analytics',
      'wc/store',
      'wc/store/v1',
      ...(pluginActive ? ['hft71/v1'] : []),
      'wp/v2',
      'wp-site-health/v1',
      'wp-block-editor/v1',
    ],
    authentication: {},
    routes: {},
    _links: { help: [{ href: 'https://developer.wordpress.org/rest-api/' }] },
  };
}
