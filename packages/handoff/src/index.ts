export { adoptShownId, adoptShownIds } from './adoption.js';
export {
  HandOffFailed,
  type HandOffContext,
  type HandOffStep,
  type HandOffTimes,
  type ShopRuntime,
} from './context.js';
export { startDispatcher, tick, type Dispatcher, type DispatcherOptions } from './dispatcher.js';
export { sendOrder } from './send-order.js';
export { writeBack } from './write-back.js';
