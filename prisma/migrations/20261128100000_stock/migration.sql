-- The feed tells what cannot be believed, what comes twice, and on which page a SKU stood.
alter table feed_sku alter column stock drop not null;
alter table feed_sku add column fault text;
alter table feed_sku add column times integer not null default 1;
alter table feed_sku add column page integer not null default 1;

alter table shop add column stock_every_ms integer;
alter table shop add column stock_every_until timestamptz(3);
alter table shop add column catalogue_read_at timestamptz(3);

-- The shop's products and variations: whose figure is written where.
create table catalogue_item (
  shop_id text not null,
  product_id bigint not null,
  parent_id bigint not null default 0,
  sku text not null,
  type text not null,
  manages text not null,
  stock integer,
  read_at timestamptz(3) not null default now(),
  hft71_since timestamptz(3),
  differs_since timestamptz(3),
  raced integer not null default 0,
  problem text,
  primary key (shop_id, product_id)
);
create index catalogue_item_sku_idx on catalogue_item (shop_id, sku);
create index catalogue_item_parent_idx on catalogue_item (shop_id, parent_id);

create table safety_stock (
  shop_id text not null,
  sku text not null,
  pieces integer not null check (pieces >= 0),
  primary key (shop_id, sku)
);

create table stock_run (
  id bigserial primary key,
  shop_id text not null,
  -- scheduled | asked | check
  kind text not null,
  -- wanted | running | finished | refused | failed | broken_off
  state text not null default 'wanted',
  options jsonb not null default '{}',
  actor text,
  reason text,
  wanted_at timestamptz(3) not null default now(),
  started_at timestamptz(3),
  ended_at timestamptz(3),
  worker text,
  lease_until timestamptz(3),
  dispatched_until timestamptz(3),
  dispatch_no integer not null default 0,
  step text,
  feed_id bigint,
  pages integer not null default 0,
  skus integer not null default 0,
  matched integer not null default 0,
  read_skus integer not null default 0,
  differences integer not null default 0,
  written integer not null default 0,
  write_calls integer not null default 0,
  calls integer not null default 0,
  skipped integer not null default 0,
  errors integer not null default 0,
  raced integer not null default 0,
  diff_ms integer not null default 0,
  failure text
);
create index stock_run_shop_idx on stock_run (shop_id, id);
-- One run at a time per shop, whatever the processes think.
create unique index stock_run_one_running on stock_run (shop_id) where state = 'running';
-- One of each kind waits: asking twice for the same is one run. Runs that a person asked for wait one behind the other.
create unique index stock_run_one_wanted on stock_run (shop_id, kind) where state = 'wanted' and kind <> 'asked';

-- The last write of each product, with what it was made of.
create table stock_change (
  shop_id text not null,
  product_id bigint not null,
  sku text not null,
  run_id bigint not null,
  -- When the shop's figure was read that the write relied on: an order that came later may have been overwritten.
  read_at timestamptz(3) not null,
  at timestamptz(3) not null default now(),
  before integer,
  after integer not null,
  hft71 integer,
  reserved integer not null,
  safety integer not null,
  cause text not null,
  -- Null until it was looked whether a sale fell between the reading and the write.
  checked_at timestamptz(3),
  primary key (shop_id, product_id)
);
create index stock_change_unchecked_idx on stock_change (shop_id) where checked_at is null;

-- Which orders moved since a product was read.
create index shop_order_updated_idx on shop_order (shop_id, updated_at);
