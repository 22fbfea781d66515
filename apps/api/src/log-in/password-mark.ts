import { createHash } from 'node:crypto';

/**
 * Stands for an account's stored password hash, whose salt is fresh each time: another mark is another password, or
 * another account of the same name. It tells nothing of either.
 */
export function passwordMark({ passwordHash }: { readonly passwordHash: string }): string {
  return createHash('sha256').update(passwordHash).digest('base64url').slice(0, 22);
}
