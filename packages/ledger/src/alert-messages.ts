import { oneRow, rows, type Ledger } from './connect.js';
import type { Channel, IncidentChange } from './incident-events.js';

export interface WaitingMessage {
  readonly id: number;
  readonly channel: Channel;
  readonly tries: number;
  readonly change: IncidentChange;
  readonly what: string;
  readonly at: Date;
  readonly incidentId: number;
  readonly severity: 1 | 2 | 3;
  readonly title: string;
  readonly state: string;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly acknowledgeBy: Date;
  readonly mitigateBy: Date | null;
  /** Kind of the alert that the change is about, else of the incident's worst. */
  readonly kind: string | null;
}

/**
 * Takes messages that are due for this process, for a while: it may die with them, and then another one takes them again.
 * Of one incident and channel the oldest first, so that nobody reads of an end before its beginning.
 */
export async function takeMessages(
  ledger: Ledger,
  { channels, leaseMs, limit }: { channels: readonly Channel[]; leaseMs: number; limit: number },
): Promise<WaitingMessage[]> {
  const taken = await rows<WaitingMessage>(
    ledger.pool,
    `with due as (
       select m.id from alert_message m
       where m.delivered_at is null and m.given_up_at is null and m.channel = any($1::text[])
         and (m.not_before is null or m.not_before <= now()) and (m.lease_until is null or m.lease_until <= now())
         and not exists (select 1 from alert_message o where o.incident_id = m.incident_id and o.channel = m.channel and o.id < m.id
                           and o.delivered_at is null and o.given_up_at is null)
       order by m.id limit $3 for update of m skip locked
     ),
     taken as (
       update alert_message m set lease_until = now() + $2::bigint * interval '1 millisecond', tries = m.tries + 1
       from due where m.id = due.id returning m.*
     )
     select t.id::int as id, t.channel, t.tries, e.change, e.what, e.at, i.id::int as "incidentId", i.severity, i.title, i.state,
            i.started_at as "startedAt", i.quiet_since as "endedAt", i.acknowledge_by as "acknowledgeBy", i.mitigate_by as "mitigateBy",
            coalesce((select a.kind from alert a where a.id = e.alert_id),
                     (select a.kind from alert a where a.incident_id = i.id order by a.severity, a.id limit 1)) as kind
     from taken t join incident_event e on e.id = t.event_id join incident i on i.id = t.incident_id order by t.id`,
    [channels, leaseMs, limit],
  );
  return taken;
}

export async function recordDelivered(ledger: Ledger, id: number): Promise<void> {
  await ledger.pool.query(
    'update alert_message set delivered_at = now(), lease_until = null, last_failure = null where id = $1 and delivered_at is null',
    [id],
  );
}

/** It is tried again later, and for so long only. @returns true when it was given up. */
export async function recordUndelivered(
  ledger: Ledger,
  id: number,
  { failure, retryInMs, giveUpAfterMs }: { failure: string; retryInMs: number; giveUpAfterMs: number },
): Promise<boolean> {
  const row = await oneRow<{ isGivenUp: boolean }>(
    ledger.pool,
    `update alert_message set lease_until = null, last_failure = $2, not_before = now() + $3::bigint * interval '1 millisecond',
       given_up_at = case when created_at < now() - $4::bigint * interval '1 millisecond' then now() end
     where id = $1 and delivered_at is null returning given_up_at is not null as "isGivenUp"`,
    [id, failure, retryInMs, giveUpAfterMs],
  );
  return row?.isGivenUp ?? false;
}

export interface Undelivered {
  readonly channel: Channel;
  readonly messages: number;
  readonly oldestAt: Date;
  readonly lastFailure: string | null;
}

/** Messages that have waited for longer than this, by channel; what was given up in the last day too. */
export async function undeliveredMessages(
  ledger: Ledger,
  { channels, olderThanMs }: { channels: readonly Channel[]; olderThanMs: number },
): Promise<Undelivered[]> {
  return rows<Undelivered>(
    ledger.pool,
    `select channel, count(*)::int as messages, min(created_at) as "oldestAt", (array_agg(last_failure order by id desc))[1] as "lastFailure"
     from alert_message
     where delivered_at is null and created_at <= now() - $1::bigint * interval '1 millisecond'
       and (given_up_at is null or given_up_at > now() - interval '1 day') and channel = any($2::text[])
     group by channel order by channel`,
    [olderThanMs, channels],
  );
}

/** @returns true for the one process that calls the dead-man service this time. */
export async function takeHeartbeat(ledger: Ledger, everyMs: number): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update installation set heartbeat_at = now()
     where heartbeat_at is null or heartbeat_at <= now() - $1::bigint * interval '1 millisecond' returning 1`,
    [everyMs],
  );
  return row !== null;
}
