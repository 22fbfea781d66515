/** Each as the details of a `CallFailure`: why a walk breaks off rather than end incomplete. */
export const UNREADABLE_PAGE = {
  target: 'shop',
  action: 'list_orders',
  failure: 'misconfigured',
  code: 'unreadable-page',
  hint: 'The shop shows a whole page of orders that cannot be read: does a plugin change the API?',
} as const;

/** Without this a shop that ignores `orderby`, `offset` or the filter would be walked for ever. */
export const UNSORTED = {
  target: 'shop',
  action: 'list_orders',
  failure: 'misconfigured',
  code: 'unsorted-list',
  hint: 'The shop does not sort or filter its orders as asked: does a plugin change the API?',
} as const;

export const KEEPS_CHANGING = {
  target: 'shop',
  action: 'list_orders',
  failure: 'retry-later',
  code: 'list-keeps-changing',
} as const;
