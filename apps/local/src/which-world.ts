import { BlockList, isIP, isIPv6 } from 'node:net';
import type { RawEnvironment } from '@relay/config';

const SHOP = 'WC_BASE_URL';
const PROVIDER = 'HFT71_BASE_URL';

/**
 * Whether this start is against the sandbox or against the shop and the HFT71 of `.env`. A real one with a simulated one
 * would send real customers' orders into a simulation, or made-up orders to a real printer: refused. What runs on this
 * machine counts as simulated; two of those are allowed, as are two elsewhere.
 */
export function whichWorld(environment: RawEnvironment): 'sandbox' | 'real' | { readonly refused: string } {
  const [shop, provider] = [valueOf(environment, SHOP), valueOf(environment, PROVIDER)];
  if (shop === '' && provider === '') return 'sandbox';
  if (shop === '') return refused(`${PROVIDER} is set and ${SHOP} is not`, 'HFT71');
  if (provider === '') return refused(`${SHOP} is set and ${PROVIDER} is not`, 'shop');

  const [shopHost, providerHost] = [hostOf(shop), hostOf(provider)];
  // No addresses at all: the check of the settings, which follows, names every fault at once.
  if (shopHost === null || providerHost === null) return 'real';
  const [shopIsHere, providerIsHere] = [isThisMachine(shopHost), isThisMachine(providerHost)];
  if (shopIsHere === providerIsHere) return 'real';
  return shopIsHere
    ? refused(`${SHOP} is on this machine and ${PROVIDER} is not`, 'HFT71')
    : refused(`${PROVIDER} is on this machine and ${SHOP} is not`, 'shop');
}

function refused(what: string, real: 'shop' | 'HFT71'): { readonly refused: string } {
  return {
    refused:
      `${what}: a real ${real} with a simulated ${real === 'shop' ? 'HFT71' : 'shop'} is refused. ` +
      `Set both (with their keys) to run against the real ones, or neither to run against the sandbox.`,
  };
}

function valueOf(environment: RawEnvironment, name: string): string {
  return environment[name]?.trim() ?? '';
}

function hostOf(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const { protocol, hostname } = new URL(address);
  if (protocol !== 'http:' && protocol !== 'https:') return null;
  return hostname.replace(/^\[|\]$|\.$/g, '');
}

const HERE = new BlockList();
HERE.addSubnet('127.0.0.0', 8, 'ipv4');
HERE.addAddress('0.0.0.0', 'ipv4'); // "any", which connects to this machine
HERE.addAddress('::', 'ipv6');
HERE.addAddress('::1', 'ipv6');

function isThisMachine(host: string): boolean {
  if (isIP(host) !== 0) return HERE.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
  return host === 'localhost' || host.endsWith('.localhost');
}
