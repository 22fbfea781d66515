/**
 * What is taken for granted of HFT71 beyond the public documentation of the plugin, in one place. Where an account
 * proves otherwise, this is the file to change.
 */

/** documented */
export const LOG_IN_PATH = '/authentication/login';
/** documented */
export const ORDER_PATH = '/order';
/** documented */
export const STOCK_PATH = '/stock/available';

/** assumed: the token goes into `Authorization: Bearer …`. */
export function bearer(token: string): string {
  return `Bearer ${token}`;
}

/** documented for `/status` and `/customer-status`; assumed for the order itself. */
export function orderPath(orderId: string, below: '' | '/status' | '/customer-status' = ''): string {
  return `${ORDER_PATH}/${encodeURIComponent(orderId)}${below}`;
}

/** assumed: `expires_in` is in seconds. */
export const EXPIRES_IN_UNIT_MS = 1000;

/** assumed: a page of the stock feed shorter than `count` is the last one; 200 is the documented example's count. */
export const STOCK_PAGE_ENTRIES = 200;

/** assumed: a look-up by reference answers at most so many orders at once; as many may mean that there are more. */
export const LOOK_UP_FULL_PAGE = 100;

/** assumed: the body of `PUT /order/{id}` for a changed address; `{"orderStatus": …}` is documented. */
export function addressBody(address: unknown): { address: unknown } {
  return { address };
}
