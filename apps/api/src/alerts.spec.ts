import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { beat } from '@relay/ledger';
import { waitFor } from '@relay/testing';
import { startTestApi, type TestApi } from './test-support.js';

let api: TestApi;
let receiver: Server;
const told: string[] = [];

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      told.push((JSON.parse(body) as { text: string }).text);
      response.end('ok');
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  api = await startTestApi({
    ALERT_WEBHOOK_URL: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
    RELAY_ALERT_EVERY: '100ms',
    RELAY_ALERT_NO_WORKER: '500ms',
    RELAY_ALERT_REDIS_AWAY: '0',
    RELAY_ALERT_CLEAR: '0',
    RELAY_ALERT_COOLDOWN: '0',
  });
});
afterAll(async () => {
  await api?.close();
  receiver.closeAllConnections();
  receiver.close();
});

const worker = { id: randomUUID(), kind: 'worker', host: 'test', pid: 1, progressed: true } as const;
const since = (what: string, from: number) => told.slice(from).filter((text) => text.includes(what));

it('the api alone tells that no worker lives, and that one does again', async () => {
  await beat(api.relay.ledger, worker);
  await api.relay.ledger.pool.query(`update process_beat set seen_at = now() - interval '31 seconds'`);
  await waitFor(() => since('no worker has been seen', 0).length > 0, { what: 'the alert' });
  await beat(api.relay.ledger, worker);
  await waitFor(() => since('is over', 0).length > 0, { what: 'its end' });
  expect(told.map((text) => text.slice(0, 28))).toEqual([
    '[SEV-1] incident 1 begins: S',
    '[SEV-1] incident 1 is over: ',
  ]);
});

it('alerts leave while Redis is gone', async () => {
  const from = told.length;
  await api.toRedis.cut();
  await waitFor(() => since('Redis does not answer', from).length > 0, { what: 'the alert', timeoutMs: 15_000 });
  await api.toRedis.mend();
  await waitFor(() => since('is over', from).length > 0, { what: 'its end', timeoutMs: 15_000 });
});
