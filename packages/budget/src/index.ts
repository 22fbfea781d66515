export { createBudget, type Budget, type BudgetOptions, type Move, type Refusal, type Take } from './budget.js';
export type { CallClass, Rate } from './rate.js';
