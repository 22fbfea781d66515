import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';
import { waitFor } from './wait-for.js';

let echo: Server;
let proxy: TcpProxy;
const clients: Socket[] = [];

beforeAll(async () => {
  echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await startTcpProxy((echo.address() as AddressInfo).port);
});
afterAll(async () => {
  clients.forEach((client) => client.destroy());
  await proxy.close();
  echo.close();
});

async function open(): Promise<{ say(text: string): void; heard(): string; isOpen(): boolean }> {
  const client = connect({ host: '127.0.0.1', port: proxy.port });
  clients.push(client);
  let heard = '';
  client.on('data', (data) => (heard += String(data))).on('error', () => undefined);
  await once(client, 'connect');
  return { say: (text) => void client.write(text), heard: () => heard, isOpen: () => !client.destroyed };
}

test('what was open goes silent and stays open; new connections pass, and silent ones never speak again', async () => {
  const old = await open();
  old.say('before ');
  await waitFor(() => old.heard() === 'before ', { what: 'the echo' });

  proxy.silence();
  old.say('in the silence');
  const fresh = await open();
  fresh.say('hello');
  await waitFor(() => fresh.heard() === 'hello', { what: 'the echo on a new connection' });
  expect([old.heard(), old.isOpen()]).toEqual(['before ', true]);

  proxy.silence({ newOnesToo: true });
  const taken = await open();
  taken.say('anybody?');
  proxy.heal();
  const healed = await open();
  healed.say('again');
  await waitFor(() => healed.heard() === 'again', { what: 'the echo after the proxy was healed' });
  expect([taken.heard(), taken.isOpen(), old.heard()]).toEqual(['', true, 'before ']);
});
