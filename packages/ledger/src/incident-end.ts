/** SQL: until when alert a held. What is judged is cleared a while after it was last found true, and had ended then. */
export const ALERT_END = 'coalesce(a.last_true_at, a.resolved_at)';

/** SQL: when any alert of incident i was last found true; what the code raises is true until something ends it. */
export const LAST_TRUE = `(select max(coalesce(${ALERT_END}, now())) from alert a where a.incident_id = i.id)`;
