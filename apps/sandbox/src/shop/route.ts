import type { Answer } from '../call.js';
import type { JsonObject } from '../json.js';
import type { QueryTree } from './php-query.js';
import type { Shop } from './shop.js';

/** What a route sees: the ids in its path, the parsed query and body. */
export interface RouteCall {
  shop: Shop;
  method: string;
  ids: string[];
  query: QueryTree;
  body: JsonObject;
}

export interface Route {
  /** Below `/wc/v3`. */
  pattern: RegExp;
  methods: Record<string, (call: RouteCall) => Answer | Promise<Answer>>;
}
