/**
 * What was seen on the wire of one order POST: the only input of `classifyPost`. Codes of errors are for the log; the
 * judgement rests on `left` and on a complete answer.
 */
export interface PostObservation {
  /**
   * Whether a byte of the request may have been written, judged by socket events and never by error codes: our own
   * deadline and a shutdown look alike. false only when it is certain that none was.
   */
  readonly left: boolean;
  /** Status of a complete answer; null when none came, or it broke off. */
  readonly status: number | null;
  /** Header names in lower case. Empty without an answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whole body as text; null when no complete answer came. */
  readonly body: string | null;
  /** Transport's error code for the log (`ECONNRESET`, `deadline`, `send-by`); null when an answer came. */
  readonly error: string | null;
  readonly durationMs: number;
}
