export {
  createBudget,
  type Budget,
  type BudgetOptions,
  type Move,
  type Refusal,
  type Room,
  type Take,
  type Throttling,
} from './budget.js';
export type { BudgetState } from './budget-state.js';
export { CALL_CLASSES, type CallClass, type Caller, type Rate, type ShareOfRate } from './rate.js';
