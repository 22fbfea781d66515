import type { Sandbox } from '@relay/testing';

/** One order, and the faults that its own POSTs meet, in this order: they are in place before it may be sent. */
export async function orderWithFaults(
  sandbox: Sandbox,
  faults: readonly Record<string, unknown>[],
  beforeItIsSendable: (orderId: number) => Promise<unknown> = async () => undefined,
): Promise<number> {
  const orderId = await sandbox.oneOrder({ status: 'on-hold' });
  for (const fault of faults) await sandbox.faultOnSend({ ...fault, match: postOf(orderId) });
  await beforeItIsSendable(orderId);
  await sandbox.edit(orderId, { status: 'processing' });
  return orderId;
}

/** What a fault matches that is meant for this order's POSTs alone. */
export function postOf(orderId: number): Record<string, string> {
  return { method: 'POST', pathPattern: '/order$', bodyPattern: `"referenceId":"${orderId}"` };
}
