import { z } from 'zod';
import { alertVariables, relayVariables, timingVariables } from './relay-variables.js';
import { hft71Variables, woocommerceVariables } from './shop-variables.js';
import { noteOf, type VariableNote } from './variable.js';

/** The groups in which `.env.example` shows them. */
export const VARIABLE_GROUPS = [
  { title: 'The relay', variables: relayVariables },
  {
    title: 'The shop (all of these or none)',
    variables: woocommerceVariables,
  },
  { title: "The shop's account at HFT71", variables: hft71Variables },
  { title: 'Alerts', variables: alertVariables },
  { title: 'Times of the hand-off protocol (advanced; unsafe combinations are refused)', variables: timingVariables },
] as const;

/** The environment, whole. What it holds besides is none of the relay's. */
export const environmentSchema = z.object({
  ...relayVariables,
  ...woocommerceVariables,
  ...hft71Variables,
  ...alertVariables,
  ...timingVariables,
});

export type Environment = z.output<typeof environmentSchema>;
/** The part of it that makes a shop. */
export type ShopEnvironment = Pick<Environment, keyof typeof woocommerceVariables | keyof typeof hft71Variables>;
export type VariableName = keyof Environment;

export const VARIABLE_NAMES = Object.keys(environmentSchema.shape) as readonly VariableName[];

export function noteOn(variable: VariableName): VariableNote {
  return noteOf(environmentSchema.shape[variable]);
}
