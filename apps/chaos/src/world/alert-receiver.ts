import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@relay/testing';

export interface ToldAlert {
  readonly at: number;
  readonly text: string;
}

/** Stands for Slack: takes what ALERT_WEBHOOK_URL is told, and notes when. */
export class AlertReceiver {
  readonly told: ToldAlert[] = [];

  private constructor(readonly server: Server) {}

  static async start(): Promise<AlertReceiver> {
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        receiver.told.push({ at: Date.now(), text: (JSON.parse(body) as { text: string }).text });
        response.end('ok');
      });
    }).listen(0, '127.0.0.1');
    server.unref(); // where the world did not even open, it keeps no process alive
    const receiver = new AlertReceiver(server);
    await once(server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/alerts`;
  }

  /** @returns the seconds from then to the first message that says so; infinite when none came in time. */
  async secondsUntil(what: RegExp, fromMs: number, timeoutMs: number): Promise<number> {
    const find = () => this.told.find(({ at, text }) => at >= fromMs && what.test(text));
    const found = await waitFor(find, { what: String(what), timeoutMs, intervalMs: 100 }).catch(() => null);
    return found === null ? Infinity : (found.at - fromMs) / 1000;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
