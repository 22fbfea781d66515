/**
 * SQL: whether the shop uses the id for another order than the one that the ledger's hand-off is of, settled by a person or
 * not. @param order alias of a row of `shop_order`.
 */
export function isAnothersId(order: string): string {
  return `(${order}.identity_changed_at is not null or ${order}.acknowledged_key_hash is not null)`;
}
