import { createHmac } from 'node:crypto';
import { verifyWebhookSignature } from './webhook-signature.js';

const BODY = Buffer.from('{"id":245}');
const signature = (body: Buffer, secret: string) => createHmac('sha256', secret).update(body).digest('base64');

test('a delivery is believed only with this secret over these bytes', () => {
  const good = signature(BODY, 'secret');
  expect(verifyWebhookSignature(BODY, 'secret', good)).toBe(true);
  expect(verifyWebhookSignature(BODY, 'other', good)).toBe(false);
  expect(verifyWebhookSignature(Buffer.from('{"id": 245}'), 'secret', good)).toBe(false);
});

test.each([undefined, '', 'x', good32(), '%%%'])('%p is no signature', (header) => {
  expect(verifyWebhookSignature(BODY, 'secret', header)).toBe(false);
});

function good32(): string {
  return Buffer.alloc(32).toString('base64');
}
