import { EXIT_CODES } from '@relay/config';

/** The house's codes, and one that only a command has: a daemon waits for a server that is away. */
export const EXIT = { ...EXIT_CODES, unavailable: 69 } as const;

export const EXIT_CODES_HELP = `Exit codes:
  ${EXIT.ok}   done
  ${EXIT.failed}   refused, or something is wrong; what to do is printed
  ${EXIT.usage}  the command line makes no sense
  ${EXIT.unavailable}  a server is away: PostgreSQL, Redis, the shop or HFT71
  ${EXIT.config}  settings are missing, wrong, or refused as unsafe`;
