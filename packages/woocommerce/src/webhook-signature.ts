import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether a delivery carries this webhook's signature: base64 of HMAC-SHA256 over the body as it came, byte by byte.
 * Compared in constant time.
 */
export function verifyWebhookSignature(rawBody: Buffer, secret: string, signatureHeader: string | undefined): boolean {
  if (signatureHeader === undefined) return false;
  const expected = createHmac('sha256', secret).update(rawBody).digest();
  const shown = Buffer.from(signatureHeader.trim(), 'base64');
  return shown.length === expected.length && timingSafeEqual(shown, expected);
}
