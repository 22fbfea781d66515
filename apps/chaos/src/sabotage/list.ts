import type { Sabotage } from './sabotage.js';

export const SABOTAGES: readonly Sabotage[] = [];
