import { hostReach, type RawEnvironment } from '@relay/config';

const SHOP = 'WC_BASE_URL';
const PROVIDER = 'HFT71_BASE_URL';

/**
 * Whether this start is against the sandbox or against the shop and the HFT71 of `.env`. A real one with a simulated one
 * would send real customers' orders into a simulation, or made-up orders to a real printer: refused. What runs on this
 * machine counts as simulated, what everybody can reach as real; a private network may hold either.
 */
export function whichWorld(environment: RawEnvironment): 'sandbox' | 'real' | { readonly refused: string } {
  const [shop, provider] = [valueOf(environment, SHOP), valueOf(environment, PROVIDER)];
  if (shop === '' && provider === '') return 'sandbox';
  if (shop === '') return refused(`${PROVIDER} is set and ${SHOP} is not`, 'HFT71');
  if (provider === '') return refused(`${SHOP} is set and ${PROVIDER} is not`, 'shop');

  // No addresses at all: the check of the settings, which follows, names every fault at once.
  if (!isWebAddress(shop) || !isWebAddress(provider)) return 'real';
  const [shopReach, providerReach] = [hostReach(new URL(shop)), hostReach(new URL(provider))];
  if (shopReach === 'loopback' && providerReach === 'public')
    return refused(`${SHOP} is on this machine and ${PROVIDER} is not`, 'HFT71');
  if (providerReach === 'loopback' && shopReach === 'public')
    return refused(`${PROVIDER} is on this machine and ${SHOP} is not`, 'shop');
  return 'real';
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

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
