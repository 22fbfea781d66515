import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { addUser, findUser, putAdmin, writeAudit } from '@relay/ledger';
import type { Relay } from './relay.js';

export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** About 60 ms and 32 MiB for each guess. */
const COST = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;
const KEY_BYTES = 32;

export async function createUser(
  relay: Relay,
  user: { name: string; role: Role; password: string; actor: string },
): Promise<'added' | 'name-taken'> {
  const added = await addUser(relay.ledger, {
    name: user.name,
    role: user.role,
    passwordHash: await hashPassword(user.password),
  });
  if (!added) return 'name-taken';
  await writeAudit(relay.ledger, {
    actor: user.actor,
    action: 'user add',
    subject: user.name,
    details: { role: user.role },
  });
  return 'added';
}

/** `RELAY_ADMIN_*`: the first admin, whose password follows the setting. */
export async function ensureAdmin(relay: Relay): Promise<void> {
  const { admin } = relay.settings;
  if (admin === null) return;
  const known = await findUser(relay.ledger, admin.user);
  if (known !== null && (await passwordFits(admin.password, known.passwordHash))) return;
  await putAdmin(relay.ledger, admin.user, await hashPassword(admin.password));
}

/** @returns the user's role; null for a wrong name or password, after the same time. */
export async function logIn(relay: Relay, name: string, password: string): Promise<Role | null> {
  const user = await findUser(relay.ledger, name);
  const fits = await passwordFits(password, user?.passwordHash ?? UNKNOWN_USER);
  return user !== null && fits ? user.role : null;
}

async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt);
  return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64')}$${key.toString('base64')}`;
}

async function passwordFits(password: string, stored: string): Promise<boolean> {
  const [, , , , salt, key] = stored.split('$');
  if (salt === undefined || key === undefined) return false;
  const wanted = Buffer.from(key, 'base64');
  const found = await derive(password, Buffer.from(salt, 'base64'));
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}

/** A hash that no password has, so that an unknown name takes as long as a wrong password. */
const UNKNOWN_USER = `scrypt$${COST.N}$${COST.r}$${COST.p}$${Buffer.alloc(16).toString('base64')}$${Buffer.alloc(KEY_BYTES).toString('base64')}`;

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, COST, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}
