import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands between a client and a server of 127.0.0.1, and can go silent as a dead network does. */
export interface TcpProxy {
  readonly port: number;
  /**
   * From now on nothing passes on the connections that are open, in neither direction, and nobody is told: as after a
   * router forgot them. New ones pass, unless `newOnesToo`: they are taken then, and hear nothing.
   */
  silence(options?: { readonly newOnesToo: boolean }): void;
  /** New connections pass again. Those that went silent stay so for ever. */
  heal(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let silencesNewOnes = false;
  const server = createServer((client) => {
    keep(client, sockets);
    if (silencesNewOnes) return void client.pause();
    const upstream = keep(connect({ host: '127.0.0.1', port: targetPort }), sockets);
    client.pipe(upstream).pipe(client);
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    silence: ({ newOnesToo } = { newOnesToo: false }) => {
      silencesNewOnes = newOnesToo;
      for (const socket of sockets) socket.unpipe().pause();
    },
    heal: () => {
      silencesNewOnes = false;
    },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      if (server.listening) await once(server, 'close');
    },
  };
}

function keep(socket: Socket, sockets: Set<Socket>): Socket {
  sockets.add(socket);
  // A reset is an end like any other here; `close` follows.
  return socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
}
