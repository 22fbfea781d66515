/**
 * Adds to package-lock.json the optional packages of other platforms that the registry at hand does not carry: without
 * their entries `npm ci` says "Missing: … from lock file". Run it after each `npm install` that changed the lockfile.
 * Their integrity is not known here, so npm checks it against what the registry says when it installs them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './bootstrap.mjs';

const OS = { windows: 'win32' };
for (const os of ['darwin', 'linux', 'win32', 'android', 'freebsd', 'openbsd', 'netbsd', 'sunos', 'aix', 'openharmony'])
  OS[os] = os;
const CPU = { 64: 'x64' };
for (const cpu of ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64', 'mips64el']) CPU[cpu] = cpu;

const path = join(ROOT, 'package-lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8'));
let added = 0;
for (const [parent, { optionalDependencies, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies ?? {})) {
    const entry = isLocked(parent, name) ? null : entryFor(name, version, dev);
    if (entry === null) continue;
    lock.packages[`node_modules/${name}`] = entry;
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} added`);

function isLocked(parent, name) {
  return (
    lock.packages[`node_modules/${name}`] !== undefined || lock.packages[`${parent}/node_modules/${name}`] !== undefined
  );
}

/** Operating system and processor stand in the package's name. null where they do not, or the version is a range. */
function entryFor(name, version, dev) {
  const words = name.split(/[-/]/);
  const os = words.map((word) => OS[word]).find(Boolean);
  const cpu = words.map((word) => CPU[word]).find(Boolean);
  const isExactVersion = /^\d/.test(version);
  if (os === undefined || !isExactVersion) {
    console.error(`${name}@${version} is left alone: no platform in its name, or a range`);
    return null;
  }
  const libc = /musl/.test(name) ? 'musl' : /gnu/.test(name) ? 'glibc' : undefined;
  return {
    version,
    optional: true,
    ...(dev ? { dev: true } : {}),
    os: [os],
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(libc === undefined ? {} : { libc: [libc] }),
  };
}
