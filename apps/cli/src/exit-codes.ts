import { EXIT_CODES } from '@relay/config';

/** The house's codes, and those that only a command has: a daemon waits for a server that is away. */
export const EXIT = {
  ...EXIT_CODES,
  /** What `relay doctor` found, by its severity: 10 and the SEV. */
  sev1: 11,
  sev2: 12,
  sev3: 13,
  unavailable: 69,
} as const;

export const EXIT_CODES_HELP = `Exit codes:
  ${EXIT.ok}   done
  ${EXIT.failed}   refused, or something is wrong; what to do is printed
  ${EXIT.sev1}, ${EXIT.sev2}, ${EXIT.sev3}  relay doctor found something: SEV-1, SEV-2, SEV-3
  ${EXIT.usage}  the command line makes no sense
  ${EXIT.unavailable}  a server is away: PostgreSQL, Redis, the shop or HFT71
  ${EXIT.config}  settings are missing, wrong, or refused as unsafe`;
