import { resolve } from 'node:path';

/** Jest runs in the project's folder, and so do the scripts that start it. */
export function projectFile(path: string): string {
  return resolve(path);
}
