/**
 * SQL, of `intent i`, its `account a`, `shop s` and `shop_host h`: from when on neither an outage nor a person kept a
 * hand-off that is due from going. What was in the way before is nobody's delay. `greatest` leaves nulls out.
 */
export const COULD_GO_SINCE = `greatest(i.state_since, i.not_before, a.breaker_since, h.breaker_since, s.resumed_at)`;
