import { BREAKER_COLUMNS, type BreakerTimes, type BreakerView } from './breaker.js';
import { rows, type Ledger } from './connect.js';

export interface HostView extends BreakerView {
  /** Host and port of the shop's base URL. */
  readonly id: string;
}

/** The host's row, made when it is new, and named on the shop. */
export async function ensureHost(ledger: Ledger, shopId: string, host: string, times: BreakerTimes): Promise<void> {
  await ledger.pool.query(
    `with host as (
       insert into shop_host (id, probe_ms, probe_max_ms, reopen_ms, reopen_max_ms) values ($2, $3, $4, $5, $6)
       on conflict (id) do update set probe_ms = excluded.probe_ms, probe_max_ms = excluded.probe_max_ms,
         reopen_ms = excluded.reopen_ms, reopen_max_ms = excluded.reopen_max_ms
       returning id
     )
     update shop set host = host.id from host where shop.id = $1`,
    [shopId, host, times.probeMs, times.probeMaxMs, times.reopenMs, times.reopenMaxMs],
  );
}

/** Whether calls to this shop are to be planned: not while its host's breaker is open. */
export async function shopMayBeCalled(ledger: Ledger, shopId: string): Promise<boolean> {
  const [row] = await rows<{ may: boolean }>(
    ledger.pool,
    `select coalesce(h.breaker_state, 'closed') <> 'open' as may from shop s left join shop_host h on h.id = s.host where s.id = $1`,
    [shopId],
  );
  return row?.may ?? true;
}

/** @param shopId that shop's alone. */
export async function listHosts(ledger: Ledger, shopId?: string): Promise<HostView[]> {
  return rows<HostView>(
    ledger.pool,
    `select id, ${BREAKER_COLUMNS} from shop_host where $1::text is null or id = (select host from shop where id = $1) order by id`,
    [shopId ?? null],
  );
}
