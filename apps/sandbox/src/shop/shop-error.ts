import type { JsonObject } from '../json.js';

/** An error as WordPress words it: `{code, message, data: {status, …}}`. */
export class ShopError extends Error {
  readonly status: number;
  readonly code: string;
  readonly data: JsonObject;

  constructor(status: number, code: string, message: string, data: JsonObject = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.data = data;
  }

  body(): JsonObject {
    return { code: this.code, message: this.message, data: { status: this.status, ...this.data } };
  }
}

export function invalidParam(name: string, sentence: string, reason: string): ShopError {
  return new ShopError(400, 'rest_invalid_param', `Invalid parameter(s): ${name}`, {
    params: { [name]: sentence },
    details: { [name]: { code: reason, message: sentence, data: null } },
  });
}

export function notInEnum(name: string, shown: string, allowed: readonly string[]): ShopError {
  const list = `${allowed.slice(0, -1).join(', ')}, and ${allowed.at(-1)}`;
  return invalidParam(name, `${shown} is not one of ${list}.`, 'rest_not_in_enum');
}

export const invalidOrderId = (status: number) =>
  new ShopError(status, 'woocommerce_rest_shop_order_invalid_id', 'Invalid ID.');
export const invalidProductId = (status: number) =>
  new ShopError(status, 'woocommerce_rest_product_invalid_id', 'Invalid ID.');
export const invalidVariationId = () =>
  new ShopError(404, 'woocommerce_rest_product_variation_invalid_id', 'Invalid ID.');
export const noRoute = () =>
  new ShopError(404, 'rest_no_route', 'No route was found matching the URL and request method.');
