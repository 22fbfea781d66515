import { readFileSync } from 'node:fs';

/** A process's resident memory, in bytes, as Linux tells it. */
export function memoryOf(pid: number): { now(): number; sample(): void; greatest(): number } {
  let greatest = 0;
  const now = () => {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    if (kilobytes === undefined) throw new Error(`/proc/${pid}/status tells no memory: this bench needs Linux`);
    return Number(kilobytes) * 1024;
  };
  return {
    now,
    sample: () => (greatest = Math.max(greatest, now())),
    greatest: () => greatest,
  };
}
