/** SQL, of the item `ci`. The same as the core's `isFailedOutcome`. */
export const FAILED_ITEM = `(ci.outcome in ('rejected', 'in_doubt') or ci.outcome = 'held' and ci.outcome_reason is distinct from 'person')`;
/** SQL, of the intent `i`: HFT71 has it. */
export const AT_HFT71 = `i.state in ('sent', 'written_back', 'adopted')`;
