import { isIP } from 'node:net';
import { commaList, refuse } from './text-types.js';

const NAMED_RANGES = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** `off`, `on`, or the addresses of proxies. A network of everybody is refused: anyone could then name any address. */
export function trustedProxies() {
  const isWord = (part: string) => part === 'on' || part === 'off';
  return commaList(
    (part) => isWord(part) || isAddressOrNetwork(part),
    'addresses and networks, or on or off alone',
  ).transform((parts, context) => {
    if (!parts.some(isWord)) return parts;
    return parts.length === 1
      ? parts[0] === 'on'
      : refuse(context, 'must be on or off alone, or a list of addresses and networks');
  });
}

function isAddressOrNetwork(part: string): boolean {
  if (NAMED_RANGES.has(part)) return true;
  const [address = '', bits, ...more] = part.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || more.length > 0) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (version === 4 ? 32 : 128);
}
