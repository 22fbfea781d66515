import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { createShopClient } from './client.js';

const CERTIFICATE = readFileSync(path.join(__dirname, '../fixtures/self-signed-localhost.pem'));

let server: https.Server;
let asked: { url: string | undefined; authorization: string | undefined }[];
const client = () =>
  createShopClient({
    baseUrl: `https://localhost:${(server.address() as AddressInfo).port}`,
    consumerKey: 'ck_1',
    consumerSecret: 'cs_1',
  });

beforeEach(async () => {
  asked = [];
  server = https.createServer({ key: CERTIFICATE, cert: CERTIFICATE }, ({ url, headers }, response) => {
    asked.push({ url, authorization: headers.authorization });
    response.end('[]');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  jest.restoreAllMocks();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('over https the keys go as Basic, and not into the address', async () => {
  const connect = tls.connect.bind(tls) as (options: tls.ConnectionOptions) => tls.TLSSocket;
  jest
    .spyOn(tls, 'connect')
    .mockImplementation(((options: tls.ConnectionOptions) =>
      connect({ ...options, ca: CERTIFICATE })) as typeof tls.connect);
  await client().listWebhooks();
  const authorization = `Basic ${Buffer.from('ck_1:cs_1').toString('base64')}`;
  expect(asked).toEqual([{ url: '/wp-json/wc/v3/webhooks?per_page=100', authorization }]);
});

test('a certificate that is not trusted is told as such, and nothing is asked', async () => {
  await expect(client().listWebhooks()).rejects.toMatchObject({
    failure: 'misconfigured',
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    message: expect.stringContaining('certificate'),
  });
  expect(asked).toEqual([]);
});
