import type { RawEnvironment } from '@relay/config';

/**
 * Whether this start is against the sandbox or against the real shop and the real HFT71. One of each would send real
 * customers' orders into a simulation, or made-up orders to a real printer: refused.
 */
export function whichWorld(environment: RawEnvironment): 'sandbox' | 'real' | { readonly refused: string } {
  const shop = has(environment, 'WC_BASE_URL');
  const provider = has(environment, 'HFT71_BASE_URL');
  if (shop && provider) return 'real';
  if (!shop && !provider) return 'sandbox';
  const [set, missing] = shop ? ['WC_BASE_URL', 'HFT71_BASE_URL'] : ['HFT71_BASE_URL', 'WC_BASE_URL'];
  return {
    refused:
      `${set} is set and ${missing} is not: a real ${shop ? 'shop' : 'HFT71'} with a simulated ${shop ? 'HFT71' : 'shop'} is refused. ` +
      `Set both (with their keys) to run against the real ones, or neither to run against the sandbox.`,
  };
}

function has(environment: RawEnvironment, name: string): boolean {
  const value = environment[name];
  return value !== undefined && value.trim() !== '';
}
