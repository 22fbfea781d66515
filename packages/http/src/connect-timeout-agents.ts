import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import type { Duplex } from 'node:stream';

type OnSocket = (error: Error | null, socket: Duplex) => void;

/** Shorter than the keep-alive of common servers (5 s and more), so that they seldom hang up on a new request. */
const IDLE_SOCKET_MS = 4000;

/** Connections that give up when TCP and TLS together take longer than `connectTimeoutMs`, with code `connect-timeout`. */
export function connectTimeoutAgents(connectTimeoutMs: number, keepAlive: boolean) {
  const options = keepAlive ? { keepAlive, timeout: IDLE_SOCKET_MS } : { keepAlive };
  const httpAgent = new http.Agent(options);
  const httpsAgent = new https.Agent(options);
  limitConnecting(httpAgent, 'connect', connectTimeoutMs);
  limitConnecting(httpsAgent, 'secureConnect', connectTimeoutMs);
  return { httpAgent, httpsAgent };
}

function limitConnecting(agent: http.Agent, connected: 'connect' | 'secureConnect', connectTimeoutMs: number): void {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options: http.ClientRequestArgs, onSocket?: OnSocket) => {
    const socket = connect(options, onSocket) as net.Socket;
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error('connect-timeout'), { code: 'connect-timeout' }));
    }, connectTimeoutMs);
    const stop = () => clearTimeout(timer);
    socket.once(connected, stop).once('close', stop);
    return socket;
  };
}
