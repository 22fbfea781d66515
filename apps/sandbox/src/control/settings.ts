import { asNumber, asObject, asText, isObject, type JsonObject } from '../json.js';
import { DUPLICATE_REFERENCE_MODES, isDuplicateReference } from '../options.js';
import { LOOKUP_LIES, type Provider } from '../hft71/provider.js';
import { parseRateLimit } from '../hft71/rate-window.js';
import { RETRY_AFTER_FORMS } from '../hft71/retry-after.js';
import type { Deliveries } from '../shop/deliveries.js';
import type { ShopSettings } from '../shop/shop.js';
import { ControlError } from './control-error.js';

/** `PUT /hft71`: what is named changes, the rest stays. */
export function setProvider(provider: Provider, input: JsonObject): void {
  if (input.rateLimit !== undefined) {
    const limit = parseRateLimit(asText(input.rateLimit) ?? '');
    if (limit === undefined) throw new ControlError(400, 'rateLimit looks like 600/min, 100/10s or none');
    provider.window.limit = limit;
  }
  if (typeof input.countRefused === 'boolean') provider.window.countsRefused = input.countRefused;
  if (input.retryAfterForm !== undefined)
    provider.retryAfterForm = oneOf('retryAfterForm', input.retryAfterForm, RETRY_AFTER_FORMS);
  const { duplicateReference } = input;
  if (duplicateReference !== undefined) {
    if (!isDuplicateReference(duplicateReference))
      throw new ControlError(400, `duplicateReference is one of ${DUPLICATE_REFERENCE_MODES.join(', ')}`);
    provider.duplicateReference = duplicateReference;
  }
  if (input.stockFalls !== undefined)
    provider.stockFalls = oneOf('stockFalls', input.stockFalls, ['accepted', 'produced', 'never'] as const);
  provider.tokens.lifeS = asNumber(input.tokenLifeS) ?? provider.tokens.lifeS;
  provider.password = asText(input.password) ?? provider.password;
  provider.statusStepMs = Math.max(1, asNumber(input.statusStepMs) ?? provider.statusStepMs);
  if (isObject(input.lookup)) setLookup(provider, input.lookup);
  if (input.webhook !== undefined) setWebhook(provider, input.webhook === null ? null : asObject(input.webhook));
  if (isObject(input.feed)) setFeed(provider, input.feed);
  for (const [sku, stock] of Object.entries(asObject(input.skus))) {
    const quantity = asNumber(stock);
    if (quantity === undefined) provider.stock.delete(sku);
    else provider.stock.set(sku, quantity);
  }
}

/** Named parts are set anew; `figures: {}` takes all figures back. */
function setFeed({ feed }: Provider, input: JsonObject): void {
  if (isObject(input.figures)) feed.figures = new Map(Object.entries(input.figures));
  if (Array.isArray(input.more)) feed.more = input.more;
  if (input.endsInPage !== undefined) feed.endsInPage = asNumber(input.endsInPage) ?? null;
}

export function setShop(settings: ShopSettings, input: JsonObject): void {
  if (typeof input.pluginActive === 'boolean') settings.pluginActive = input.pluginActive;
  if (typeof input.plainPermalinks === 'boolean') settings.plainPermalinks = input.plainPermalinks;
  settings.homeUrl = asText(input.homeUrl)?.replace(/\/+$/, '') ?? settings.homeUrl;
}

export function setDeliveries(deliveries: Deliveries, input: JsonObject): void {
  deliveries.repeat = Math.max(1, asNumber(input.repeat) ?? deliveries.repeat);
  deliveries.delayMs = asNumber(input.delayMs) ?? deliveries.delayMs;
  if (typeof input.shuffle === 'boolean') deliveries.shuffle = input.shuffle;
  if (input.mode !== undefined) deliveries.setMode(oneOf('mode', input.mode, ['normal', 'drop', 'hold'] as const));
}

function setLookup(provider: Provider, input: JsonObject): void {
  const { lookup } = provider;
  if (typeof input.enabled === 'boolean') lookup.enabled = input.enabled;
  lookup.lagMs = asNumber(input.lagMs) ?? lookup.lagMs;
  if (input.lie !== undefined) lookup.lie = input.lie === null ? null : oneOf('lookup.lie', input.lie, LOOKUP_LIES);
  if (input.shape !== undefined) lookup.shape = oneOf('lookup.shape', input.shape, ['list', 'order'] as const);
}

function setWebhook(provider: Provider, input: JsonObject | null): void {
  const url = input === null ? undefined : (asText(input.url) ?? provider.webhook?.url);
  if (input === null || url === undefined) {
    provider.webhook = null;
    return;
  }
  const old = provider.webhook;
  provider.webhook = {
    url,
    secret: asText(input.secret) ?? old?.secret ?? '',
    in: input.in === undefined ? (old?.in ?? 'header') : oneOf('webhook.in', input.in, ['header', 'body'] as const),
    repeat: asNumber(input.repeat) ?? old?.repeat ?? 1,
    shuffle: typeof input.shuffle === 'boolean' ? input.shuffle : (old?.shuffle ?? false),
    drop: typeof input.drop === 'boolean' ? input.drop : (old?.drop ?? false),
  };
}

function oneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((known) => known === value);
  if (found === undefined) throw new ControlError(400, `${name} is one of ${allowed.join(', ')}`);
  return found;
}
