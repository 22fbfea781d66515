import type { Role } from '@relay/operations';

/** A request to the Board by its matched route, so that no spelling of a URL gets around the rules. */
export interface BoardRequest {
  readonly method: string;
  /** As the Board names it: `/api/queues/:queueName/:jobId/retry`. */
  readonly route: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export type BoardVerdict =
  { readonly allowed: true; readonly act: BoardAct | null } | { readonly allowed: false; readonly why: string };

/** What goes to the audit. */
export interface BoardAct {
  readonly action: string;
  readonly subject: string;
}

const READING = new Set(['GET', 'HEAD']);
const ACTING_ROLES: readonly (Role | null)[] = ['operator', 'admin'];

/**
 * All that may be changed through the Board. Each of these only makes a worker look earlier: it claims the intent in the
 * ledger or leaves it. Everything else is refused to everybody, what a newer Board brings included.
 */
const ACTS: readonly { method: 'PUT'; route: string; act: (params: BoardRequest['params']) => BoardAct | null }[] = [
  {
    method: 'PUT',
    route: '/api/queues/:queueName/:jobId/retry',
    act: ({ queueName, jobId }) => ({ action: 'board retry', subject: `${String(queueName)}/${String(jobId)}` }),
  },
  {
    method: 'PUT',
    route: '/api/queues/:queueName/:jobId/promote',
    act: ({ queueName, jobId }) => ({ action: 'board promote', subject: `${String(queueName)}/${String(jobId)}` }),
  },
  {
    method: 'PUT',
    route: '/api/queues/:queueName/retry/:queueStatus',
    act: ({ queueName, queueStatus }) =>
      queueStatus === 'failed' ? { action: 'board retry all failed', subject: String(queueName) } : null,
  },
];

const REFUSED_TO_ALL =
  'The Board does not do this: the ledger decides what is sent, and queues only follow. ' +
  'Here, jobs can be retried or promoted one by one, and failed ones retried all at once; for the rest use the relay command.';
const REFUSED_TO_VIEWERS = 'A viewer may only look. Ask an operator or an admin.';
const REFUSED_TO_NOBODY = 'Log in first.';

/** @param role null for someone whom nobody has identified. */
export function judgeBoardRequest(role: Role | null, { method, route, params }: BoardRequest): BoardVerdict {
  const verb = method.toUpperCase();
  if (role === null) return { allowed: false, why: REFUSED_TO_NOBODY };
  if (READING.has(verb)) return { allowed: true, act: null };
  const act = ACTS.find((known) => known.method === verb && known.route === route)?.act(params) ?? null;
  if (act === null) return { allowed: false, why: REFUSED_TO_ALL };
  return ACTING_ROLES.includes(role) ? { allowed: true, act } : { allowed: false, why: REFUSED_TO_VIEWERS };
}
