-- A dispatcher looks several times a second. Without these it reads every order of the account that waits, is refused or is
-- held, whatever it is after: a campaign has thousands of them.

-- what counts against the send window
create index intent_under_way_idx on intent (account_id)
  where kind in ('send_order', 'reprint') and state in ('sending', 'ready') and (state = 'sending' or dispatched_until is not null);
-- live orders that are due, and a campaign's, in their order
create index intent_due_live_idx on intent (shop_id, created_at, order_id)
  where kind in ('send_order', 'reprint') and state = 'ready' and campaign_id is null;
create index intent_due_campaign_idx on intent (campaign_id, shop_id, created_at, order_id)
  where kind in ('send_order', 'reprint') and state = 'ready' and campaign_id is not null;
-- it stood for the last two
drop index intent_due;
