import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { RUNNING_ENV_FILE } from '@relay/config';
import { projectFile, type ChildProgram } from './child-program.js';
import type { House } from './house.js';
import { runningEnv } from './running-env.js';
import type { Say } from './say.js';

/** The api and one worker. More workers may be started beside them: they share PostgreSQL and Redis. */
export async function startPrograms(house: House, say: Say, env: Readonly<Record<string, string>>): Promise<void> {
  const untilReady = (program: ChildProgram) => program.waitUntilReady();
  await house.startProgram({ name: 'api', script: 'apps/api/dist/main.js', env }, untilReady);
  await house.startProgram({ name: 'worker', script: 'apps/worker/dist/main.js', env }, untilReady);
  house.onClose(leaveSettings(say, env));
}

/** For `npm run relay`: it finds what runs here, on whatever ports. @returns what takes them away again. */
function leaveSettings(say: Say, env: Readonly<Record<string, string>>): () => Promise<void> {
  const file = projectFile(RUNNING_ENV_FILE);
  const { text: settings, leftOut } = runningEnv(env);
  const text = `# process ${process.pid}\n${settings}`;
  for (const name of leftOut)
    say.line(
      `${name} cannot be written to ${RUNNING_ENV_FILE}: \`npm run relay\` finds it in .env or the environment.`,
    );
  mkdirSync(dirname(file), { recursive: true });
  if (isOfAnotherStart(file)) {
    say.line('Another npm start runs in this folder: `npm run relay` talks to that one.');
    return () => Promise.resolve();
  }
  writeFileSync(file, text, { mode: 0o600 });
  return async () => {
    try {
      // Another start may have left its own there since.
      if (readFileSync(file, 'utf8') === text) rmSync(file);
    } catch {
      // Taken away already: that is what was wanted.
    }
  };
}

function isOfAnotherStart(file: string): boolean {
  try {
    const pid = Number(/^# process (\d+)/.exec(readFileSync(file, 'utf8'))?.[1]);
    if (!(pid > 0) || pid === process.pid) return false;
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // no such file, or its process is gone
  }
}

export function printAddresses(
  say: Say,
  where: {
    port: string;
    /** `password` is null for one that the merchant chose: it is known to whom it concerns, and not for every terminal. */
    admin: { user: string; password: string | null } | null;
    folder: string;
    shop?: string;
    hft71?: string;
    control?: string;
  },
): void {
  const url = `http://127.0.0.1:${where.port}`;
  say.line('');
  say.line(`  Bull Board   ${url}/board`);
  if (where.admin !== null) say.line(`  log in as    ${logInAs(where.admin)}`);
  say.line(`  health       ${url}/readyz   metrics ${url}/metrics`);
  if (where.shop !== undefined) say.line(`  shop         ${where.shop} (simulated)`);
  if (where.hft71 !== undefined) say.line(`  HFT71        ${where.hft71} (simulated)`);
  if (where.control !== undefined) say.line(`  faults       ${where.control} (see apps/sandbox/README.md)`);
  say.line(`  logs         ${where.folder}/logs`);
  say.line('');
  say.line('Running. Ctrl-C stops everything.');
}

function logInAs({ user, password }: { user: string; password: string | null }): string {
  return password === null ? `${user} (RELAY_ADMIN_PASSWORD)` : `${user} / ${password}`;
}

export function definedOnly(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
}
