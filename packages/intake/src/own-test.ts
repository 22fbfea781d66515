import { keyedHash, secretsEqual } from '@relay/core';
import type { Installation } from '@relay/ledger';

/**
 * On a delivery that `relay webhook test` makes to the relay itself. It is checked and answered as any other, and leaves
 * nothing behind: HFT71 does not count as heard, and no order is looked for. Who sees one may repeat it, to no effect.
 */
export const OWN_TEST_HEADER = 'x-relay-test';
/** No topic of WooCommerce's. */
export const SHOP_TEST_TOPIC = 'relay.test';

type Known = Pick<Installation, 'hashKey'>;

export function proofOfOwnTest({ hashKey }: Known, rawBody: Buffer): string {
  return keyedHash(hashKey, ['relay webhook test', rawBody.toString('utf8')]);
}

export function isOwnTest(installation: Known, rawBody: Buffer, header: string | undefined): boolean {
  return header !== undefined && secretsEqual(header, proofOfOwnTest(installation, rawBody));
}
