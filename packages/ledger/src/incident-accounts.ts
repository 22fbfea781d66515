import { HFT71_OUTAGE_KINDS, HOST_OUTAGE_KINDS } from '@relay/core';
import { oneRow, type Ledger } from './connect.js';

const listed = (kinds: readonly string[]) => kinds.map((kind) => `'${kind}'`).join(', ');

/** SQL: an alert's account, by its subject: a shop, a shop's order, an account; `relay` where it is the relay's as a whole. */
export function causeOf(alert: string): string {
  return `coalesce((select s.account_id::text from shop s where s.id = split_part(${alert}.subject, '/', 1)),
    (select c.id::text from account c where c.id::text = ${alert}.subject), 'relay')`;
}

/** SQL: who is away, where the alert is about an outage: HFT71 by its base URL, a shop by its host; else null. */
export function farEndOf(alert: string): string {
  return `case when ${alert}.kind in (${listed(HFT71_OUTAGE_KINDS)}) then (select c.base_url from account c where c.id::text = ${alert}.subject)
    when ${alert}.kind in (${listed(HOST_OUTAGE_KINDS)}) then (select s.host from shop s where s.id = ${alert}.subject) end`;
}

/** SQL: incident i is about this account: its cause, or one that the same outage has reached. */
export function isAbout(accountId: string): string {
  return `(i.cause = ${accountId} or i.cause <> 'relay' and exists (
    select 1 from alert o where o.incident_id = i.id and ${farEndOf('o')} is not null and ${causeOf('o')} = ${accountId}))`;
}

/** Also what is about the relay as a whole. */
export async function isIncidentOfShop(ledger: Ledger, incidentId: number, shopId: string): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `select 1 from incident i join shop s on s.id = $2 where i.id = $1 and (i.cause = 'relay' or ${isAbout('s.account_id::text')})`,
    [incidentId, shopId],
  );
  return row !== null;
}
