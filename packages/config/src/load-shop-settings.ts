import { z } from 'zod';
import { parseVariables, type RawEnvironment } from './parse-variables.js';
import { SettingsError } from './settings-error.js';
import { hft71Variables, SHOP_CONNECTION, woocommerceVariables } from './shop-variables.js';
import { shopFrom, type ShopSettings } from './settings.js';

const shopSchema = z.object({ ...woocommerceVariables, ...hft71Variables });

/** The variables that make one shop. */
export const SHOP_VARIABLE_NAMES = Object.keys(shopSchema.shape);

/**
 * A shop whose settings live in the ledger: the same variables as in the environment, and none of the relay's own.
 * @throws SettingsError with all faults at once.
 */
export function loadShopSettings(raw: RawEnvironment): ShopSettings {
  const strange = Object.keys(raw).filter((name) => !SHOP_VARIABLE_NAMES.includes(name));
  if (strange.length > 0)
    throw new SettingsError(
      strange.map((variable) => ({
        variable,
        problem: 'is no setting of a shop: only WC_* and HFT71_* belong here',
        example: '(leave it out)',
      })),
    );
  const shop = shopFrom(parseVariables(shopSchema, raw).values);
  if (shop !== null) return shop;
  throw new SettingsError(
    SHOP_CONNECTION.map((variable) => ({ variable, problem: 'is missing: a shop needs all of these', example: '…' })),
  );
}
