import type { ShopOrder } from '@relay/core';
import type { OrderQuery, ShopClient } from './shop-client.js';

export type OrderLister = Pick<ShopClient, 'listOrders'>;

/** What the shop sorts and filters by while a walk lasts. Its filters are strict and know whole seconds only. */
export type WalkKey = 'modified' | 'created';

export function keyGmt(key: WalkKey, order: ShopOrder): string {
  return key === 'modified' ? order.dateModifiedGmt : order.dateCreatedGmt;
}

/** Orders strictly after and before these seconds; null is without end. */
export function keyWindow(key: WalkKey, afterGmt: string | null, beforeGmt: string | null = null): OrderQuery {
  return key === 'modified'
    ? {
        ...(afterGmt === null ? {} : { modifiedAfterGmt: afterGmt }),
        ...(beforeGmt === null ? {} : { modifiedBeforeGmt: beforeGmt }),
      }
    : {
        ...(afterGmt === null ? {} : { createdAfterGmt: afterGmt }),
        ...(beforeGmt === null ? {} : { createdBeforeGmt: beforeGmt }),
      };
}

export function keyOrder(key: WalkKey): OrderQuery {
  return { orderBy: key === 'modified' ? 'modified' : 'date', order: 'asc' };
}
