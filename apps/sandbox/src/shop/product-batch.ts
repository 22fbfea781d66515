import type { Answer } from '../call.js';
import { asNumber, asObject, isObject, type Json, type JsonObject } from '../json.js';
import { pickFields, wpAnswer } from './respond.js';
import type { RouteCall } from './route.js';
import { ShopError } from './shop-error.js';

export interface BatchActs {
  create(body: JsonObject): JsonObject;
  update(id: number | null, body: JsonObject): JsonObject;
  remove(id: number): JsonObject;
  /** How a failed deletion names its item: variations answer with the whole inner request. */
  removedId(id: number): Json;
}

/** 200 even if items fail: each failure stands at its item's place. No item is type-checked. */
export function runBatch({ body, query }: RouteCall, acts: BatchActs): Answer {
  const creates = Array.isArray(body.create) ? body.create : [];
  const updates = Array.isArray(body.update) ? body.update : [];
  const removes = Array.isArray(body.delete) ? body.delete : [];
  if (creates.length + updates.length + removes.length > 100)
    throw new ShopError(
      413,
      'woocommerce_rest_request_entity_too_large',
      'Unable to accept more than 100 items for this request.',
    );
  const result: JsonObject = {};
  if (creates.length > 0) result.create = creates.map((item) => guarded(0, () => acts.create(asObject(item))));
  if (updates.length > 0)
    result.update = updates.map((item) => {
      const entry = asObject(item);
      const id = asNumber(entry.id) ?? null;
      return guarded(id, () => acts.update(id, entry));
    });
  if (removes.length > 0)
    result.delete = removes.map((item) => {
      const id = asNumber(isObject(item) ? item.id : item) ?? 0;
      return guarded(acts.removedId(id), () => acts.remove(id));
    });
  return wpAnswer(200, emptiedByFields(pickFields(result, query)), { allow: 'POST, PUT, PATCH' });
}

/** `_fields` is applied to the outer object, which has none of them: PHP then shows an empty array. */
function emptiedByFields(body: Json): Json {
  return isObject(body) && Object.keys(body).length === 0 ? [] : body;
}

function guarded(id: Json, act: () => JsonObject): JsonObject {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ShopError)) throw error;
    const { code, message, data } = error.body();
    return { id, error: { code: code ?? '', message: message ?? '', data: data ?? null } };
  }
}
