import { DeliveryGap } from '@relay/intake';
import { quietly, startAlerting, type Alerting, type Relay } from '@relay/operations';
import { createQueues } from '@relay/queues';
import { adminRoutes } from './admin/admin-routes.js';
import { boardRoutes } from './board/board-routes.js';
import { healthRoutes } from './health-routes.js';
import { hft71WebhookRoutes } from './hft71-webhook-routes.js';
import { Authenticator } from './log-in/authenticator.js';
import { logInRoutes } from './log-in/log-in-routes.js';
import { Sessions } from './log-in/sessions.js';
import { createServer } from './server.js';
import { webhookRoutes } from './webhook-routes.js';

export interface ApiOptions {
  /** The settings' own when left out. */
  readonly host?: string;
  readonly port?: number;
}

export interface Api {
  /** With the port that it really listens on. */
  readonly url: string;
  /** Lets requests end, for a short while. The relay stays open: whoever opened it closes it. */
  close(): Promise<void>;
}

/** Requests that are still under way after this time are cut off. */
const CLOSE_GRACE_MS = 3_000;

export async function startApi(relay: Relay, options: ApiOptions = {}): Promise<Api> {
  const { settings, log } = relay;
  const app = await createServer(relay);
  const gap = new DeliveryGap(relay.ledger, log);
  const queues = createQueues({
    connection: relay.redis,
    installationId: relay.installation.id,
    onError: quietly(log, 'Redis'),
  });
  let alerting: Alerting | null = null;
  const close = async () => {
    const cutOff = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS);
    await app.close();
    clearTimeout(cutOff);
    gap.stop();
    await alerting?.stop();
    await queues.close();
  };

  try {
    const { publicUrl, secretKeys } = settings;
    const sessions = new Sessions(secretKeys, publicUrl?.startsWith('https:') ?? false);
    const authenticator = new Authenticator(app, relay, sessions);
    await app.register(healthRoutes, { relay });
    await app.register(webhookRoutes, { relay, gap });
    await app.register(hft71WebhookRoutes, { relay });
    await app.register(logInRoutes, { publicUrl, authenticator, sessions });
    await app.register(adminRoutes, { relay, authenticator, prefix: '/api/v1' });
    await app.register(boardRoutes, { relay, queues, authenticator, prefix: '/board' });
    app.get('/', (_request, reply) => reply.redirect('/board'));
    const url = await app.listen({ host: options.host ?? settings.host, port: options.port ?? settings.port });
    alerting = startAlerting(relay);
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}
