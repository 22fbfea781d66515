/** As in BSD's sysexits.h: what a program ends with, so that a supervisor need not read its text. */
export const EXIT_CODES = {
  ok: 0,
  /** Something failed while running. */
  failed: 1,
  /** The command line makes no sense. Starting again changes nothing. */
  usage: 64,
  /** Settings are missing, wrong, or refused as unsafe. Starting again changes nothing. */
  config: 78,
} as const;
