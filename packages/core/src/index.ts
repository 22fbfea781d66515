export * from './call-failure.js';
export * from './post-observation.js';
export * from './secret-box.js';
export * from './shop-order.js';
