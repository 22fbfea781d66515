import { refused, type Refusal } from './held-orders.js';

/** A window of the record in which nothing can have happened: "nothing was found" would be taken for an answer. */
export function emptyWindow(
  { since, until }: { readonly since?: Date | undefined; readonly until?: Date | undefined },
  now = new Date(),
): Refusal | null {
  if (since !== undefined && until !== undefined && since >= until)
    return refused(
      `the window ends before it begins: ${since.toISOString()} to ${until.toISOString()}`,
      'give the earlier time first; a time without a zone is in UTC',
    );
  if (since !== undefined && since > now)
    return refused(
      `the window lies in the future: it begins at ${since.toISOString()}`,
      'nothing has happened there yet: look at the year; a time without a zone is in UTC',
    );
  return null;
}
