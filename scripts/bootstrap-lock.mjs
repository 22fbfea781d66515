import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 200;

/** One at a time, over processes. The lock of a process that has died is taken over. */
export async function withLock(path, say, act) {
  mkdirSync(dirname(path), { recursive: true });
  let saidSo = false;
  while (!tryLock(path)) {
    const owner = readOwner(path);
    if (owner !== null && !isAlive(owner)) breakLock(path, owner);
    else {
      if (!saidSo) say(`Waiting for process ${owner?.pid ?? '?'}, which installs or builds …`);
      saidSo = true;
      await sleep(POLL_MS);
    }
  }
  try {
    return await act();
  } finally {
    rmSync(path, { force: true });
  }
}

/** A link comes into being with its content, or not at all because there is one: never a lock without an owner. */
function tryLock(path) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) }));
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moved away first, so that of two that find it stale only one removes it, and only if it is still the stale one. */
function breakLock(path, staleOwner) {
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  const moved = readOwner(aside);
  if (moved?.pid === staleOwner.pid && moved.startedAt === staleOwner.startedAt) rmSync(aside, { force: true });
  else renameSync(aside, path);
}

function readOwner(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null; // released meanwhile
  }
}

function isAlive({ pid, startedAt }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  return startedAt === null || startOf(pid) === startedAt;
}

/** Process ids are given out again: on Linux the start, in ticks since boot, tells two processes apart. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return null;
  }
}
