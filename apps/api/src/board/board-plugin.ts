import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { Logger } from '@relay/observability';
import { QUEUE_NAMES, type QueueName, type Queues } from '@relay/queues';
import type { FastifyPluginCallback } from 'fastify';
import { statusOf } from '../errors.js';
import type { BoardRequest, BoardVerdict } from './board-rules.js';

const DESCRIPTIONS: Readonly<Record<QueueName, string>> = {
  'send-order': 'Orders on their way to HFT71. The ledger decides; a job only says that there is something to do.',
  'update-order': 'Changes of address and cancellations of accepted orders, on their way to HFT71.',
  'write-back': 'HFT71’s ids and statuses on their way into the shop.',
  'poll-status': 'Readings of the status of accepted orders at HFT71. A later one takes the place of one that failed.',
  'stock-sync': 'Comparisons of the shop’s stock with HFT71’s. The ledger plans them.',
  maintenance: 'Sweeps of the shop, readings of the stock feed, and the comparison of shop, ledger and HFT71.',
};

/** @param judge asked by the Board itself before each of its API's handlers: the second lock behind the server's hook. */
export function boardPlugin(options: {
  basePath: string;
  queues: Queues;
  log: Logger;
  judge: (request: BoardRequest & { headers: object }) => BoardVerdict;
}): FastifyPluginCallback {
  const serverAdapter = new FastifyAdapter().setBasePath(options.basePath);
  createBullBoard({
    queues: QUEUE_NAMES.map(
      (name) =>
        new BullMQAdapter(options.queues.byName[name], {
          description: DESCRIPTIONS[name],
        }),
    ),
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: 'HFT71 Relay',
        hideDocsLink: true,
        miscLinks: [{ text: 'Log out', url: '/logout' }],
      },
      handlerHooks: {
        before: ({ method, route, request: { params, headers } }) => {
          const verdict = options.judge({ method, route, params, headers });
          return verdict.allowed ? { allow: true } : { allow: false, status: 403, message: verdict.why };
        },
      },
    },
  });
  // The Board's own would show the error's message.
  serverAdapter.setErrorHandler((error: Error & { statusCode?: number }) => {
    const status = statusOf(error);
    if (status === 500) options.log.error('the Board failed', { error });
    return { status: status === 500 ? 500 : 400, body: { error: { key: 'ERRORS.INTERNAL_SERVER_ERROR' } } };
  });
  return serverAdapter.registerPlugin();
}
