import { z } from 'zod';

/**
 * A job says "there is something to do for intent X". It holds ids only, and may be lost, repeated or late without harm:
 * the ledger decides.
 */
export const handOffJobSchema = z.object({
  version: z.literal(1),
  intentId: z.uuid(),
  dispatchNo: z.number().int(),
  shopId: z.string(),
  /** WooCommerce's order id: for the eyes of whoever looks at the Board. */
  orderId: z.number().int(),
});
export type HandOffJob = z.infer<typeof handOffJobSchema>;

/** One reading of an order's status. A job of an older poll than the ledger's newest does nothing. */
export const pollJobSchema = z.object({
  version: z.literal(1),
  intentId: z.uuid(),
  pollNo: z.number().int(),
  shopId: z.string(),
  /** WooCommerce's order id: for the eyes of whoever looks at the Board. */
  orderId: z.number().int(),
});
export type PollJob = z.infer<typeof pollJobSchema>;

/** One stock run. A run that is over, or that another worker makes, does nothing. */
export const stockJobSchema = z.object({
  version: z.literal(1),
  runId: z.string(),
  dispatchNo: z.number().int(),
  shopId: z.string(),
});
export type StockJob = z.infer<typeof stockJobSchema>;

export const MAINTENANCE_TASKS = ['sweep', 'level-sweep', 'read-feed', 'retention', 'reconcile'] as const;
export type MaintenanceTask = (typeof MAINTENANCE_TASKS)[number];

export const maintenanceJobSchema = z.object({
  version: z.literal(1),
  task: z.enum(MAINTENANCE_TASKS),
  shopId: z.string(),
});
export type MaintenanceJob = z.infer<typeof maintenanceJobSchema>;
