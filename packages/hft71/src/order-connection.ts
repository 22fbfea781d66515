import net from 'node:net';
import tls from 'node:tls';
import { hft71Failure } from './failures.js';

/** Older than this without a byte, a connection may be dead already without our knowing: the protocol's rule. */
const LONGEST_IDLE_MS = 1000;

/** A connected socket for one order's POST. Opened before the claim, so that a dead host costs no claim. */
export class OrderConnection {
  readonly #openedAtMs = performance.now();
  #ended = false;

  constructor(
    /** For this package's POST alone. */
    readonly socket: net.Socket,
  ) {
    const end = () => {
      this.#ended = true;
    };
    // The error's listener also keeps a reset between opening and POST from ending the process.
    socket.on('error', end).on('end', end).on('close', end);
  }

  /** Why nothing may be written on it any more; null while it is fresh. */
  staleReason(): string | null {
    if (this.#ended || this.socket.destroyed || !this.socket.writable || this.socket.readableEnded) return 'closed';
    return performance.now() - this.#openedAtMs > LONGEST_IDLE_MS ? 'idle' : null;
  }

  /** Gives the connection up. Harmless when it is closed already. */
  close(): void {
    this.socket.destroy();
  }
}

/**
 * TCP, and for https TLS with the certificate checked against the host's name.
 * @throws CallFailure `unavailable`; `misconfigured` where the certificate is not believed.
 */
export async function openOrderConnection(baseUrl: URL, connectTimeoutMs: number): Promise<OrderConnection> {
  const secure = baseUrl.protocol === 'https:';
  const host = baseUrl.hostname.replace(/^\[|\]$/g, '');
  const port = Number(baseUrl.port) || (secure ? 443 : 80);
  const socket = secure
    ? tls.connect({ host, port, ALPNProtocols: ['http/1.1'], ...(net.isIP(host) === 0 ? { servername: host } : {}) })
    : net.connect({ host, port });
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    const fail = (code: string) => {
      clearTimeout(timer);
      socket.destroy();
      reject(hft71Failure('open_connection', { kind: 'no-answer', code }));
    };
    const timer = setTimeout(fail, connectTimeoutMs, 'connect-timeout');
    const onError = (error: NodeJS.ErrnoException) => fail(error.code ?? 'connection-error');
    const onClose = () => fail('ECONNRESET');
    socket.once('error', onError).once('close', onClose);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.off('close', onClose);
      const connection = new OrderConnection(socket);
      socket.off('error', onError);
      resolve(connection);
    });
  });
}
