/** PostgreSQL is there and does not let us in: by its own codes. */
const REFUSALS: Readonly<Record<string, readonly [why: string, toDo: string]>> = {
  '28P01': ['user or password is wrong', 'Mend user and password in DATABASE_URL.'],
  '28000': ['this user may not log in from here', 'Mend the user in DATABASE_URL, or pg_hba.conf.'],
  '3D000': [
    'there is no such database',
    'Mend the name in DATABASE_URL; or make the database, then run `npx prisma migrate deploy`.',
  ],
  '42501': ['this user may not read the ledger’s tables', 'Grant them to the user in DATABASE_URL.'],
  '53300': ['it has no connection free', 'Raise max_connections, or end what holds them.'],
};

export function refusalOf(error: unknown): { code: string; why: string; toDo: string } | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const [why, toDo] = REFUSALS[code] ?? [];
  return why === undefined || toDo === undefined ? null : { code, why, toDo };
}
