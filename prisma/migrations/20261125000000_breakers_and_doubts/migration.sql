-- AlterTable
ALTER TABLE "installation"
  ADD COLUMN "restored_at" TIMESTAMPTZ(3),
  ADD COLUMN "restored_settle_ms" BIGINT,
  ADD COLUMN "cluster" TEXT;

-- AlterTable
ALTER TABLE "account" RENAME COLUMN "send_window" TO "window_base";
ALTER TABLE "account"
  ADD COLUMN "max_in_flight" INTEGER NOT NULL DEFAULT 6,
  ADD COLUMN "window_since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  ADD COLUMN "window_step_ms" INTEGER NOT NULL DEFAULT 5000,
  ADD COLUMN "frozen_until" TIMESTAMPTZ(3),
  ADD COLUMN "failures" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "reopenings" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "probe_at" TIMESTAMPTZ(3),
  ADD COLUMN "probes" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "probe_ms" INTEGER NOT NULL DEFAULT 5000,
  ADD COLUMN "probe_max_ms" INTEGER NOT NULL DEFAULT 30000,
  ADD COLUMN "reopen_ms" INTEGER NOT NULL DEFAULT 60000,
  ADD COLUMN "reopen_max_ms" INTEGER NOT NULL DEFAULT 1800000,
  ADD COLUMN "password_closed" TEXT,
  ADD COLUMN "password_instead_of" TEXT,
  ADD COLUMN "refused_password" TEXT,
  ADD COLUMN "log_in_refusals" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "look_up_not_before" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "shop_host" (
    "id" TEXT NOT NULL,
    "breaker_state" TEXT NOT NULL DEFAULT 'closed',
    "breaker_owner" TEXT,
    "breaker_reason" TEXT,
    "breaker_since" TIMESTAMPTZ(3),
    "failures" INTEGER NOT NULL DEFAULT 0,
    "reopenings" INTEGER NOT NULL DEFAULT 0,
    "probe_at" TIMESTAMPTZ(3),
    "probes" INTEGER NOT NULL DEFAULT 0,
    "probe_ms" INTEGER NOT NULL DEFAULT 5000,
    "probe_max_ms" INTEGER NOT NULL DEFAULT 30000,
    "reopen_ms" INTEGER NOT NULL DEFAULT 60000,
    "reopen_max_ms" INTEGER NOT NULL DEFAULT 1800000,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "shop_host_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "shop_settings" (
    "shop_id" TEXT NOT NULL,
    "closed" TEXT NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "shop_settings_pkey" PRIMARY KEY ("shop_id")
);

-- AlterTable
ALTER TABLE "shop"
  ADD COLUMN "host" TEXT,
  ADD COLUMN "could_go_ms" BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN "could_go_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "intent"
  ADD COLUMN "copy" INTEGER NOT NULL DEFAULT 1,
  ADD COLUMN "no_resend" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "absent_since" TIMESTAMPTZ(3),
  ADD COLUMN "look_ups" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "unreadable_look_ups" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "look_up_at" TIMESTAMPTZ(3),
  ADD COLUMN "could_go_from" BIGINT;

-- One intent per order and kind, but for reprints: copy 2, 3, …
DROP INDEX "intent_shop_id_order_id_kind_key";
CREATE UNIQUE INDEX "intent_shop_id_order_id_kind_copy_key" ON "intent"("shop_id", "order_id", "kind", "copy");

-- CreateTable
CREATE TABLE "look_up" (
    "id" BIGSERIAL NOT NULL,
    "intent_id" UUID NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "answer" TEXT NOT NULL,
    "detail" TEXT,
    "hft71_order_id" TEXT,

    CONSTRAINT "look_up_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "unknown_order" (
    "account_id" UUID NOT NULL,
    "hft71_order_id" TEXT NOT NULL,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ask_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "asked" INTEGER NOT NULL DEFAULT 0,
    "reference" TEXT,

    CONSTRAINT "unknown_order_pkey" PRIMARY KEY ("account_id","hft71_order_id")
);

-- CreateIndex
CREATE INDEX "look_up_intent_id_idx" ON "look_up"("intent_id", "started_at");

-- CreateIndex
CREATE INDEX "api_call_target_idx" ON "api_call"("target", "at");

-- What the schema language cannot say.

ALTER TABLE "shop_host" ADD CONSTRAINT "shop_host_breaker" CHECK ("breaker_state" IN ('closed', 'open', 'half_open'));

-- Doubts that something may still settle without a person.
CREATE INDEX "intent_doubt" ON "intent"("account_id", "look_up_at") WHERE "doubt_since" IS NOT NULL;

-- The send window: POSTs that may be on their way at once, over all workers. 0 while the breaker is open or the account
-- frozen, 1 in half-open, else doubled with every step that passes without a failure, up to HFT71_MAX_IN_FLIGHT.
CREATE FUNCTION "send_window"(a "account") RETURNS INTEGER LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN a.breaker_state = 'open' OR coalesce(a.frozen_until > now(), false) THEN 0
    WHEN a.breaker_state = 'half_open' THEN 1
    ELSE least(
      a.max_in_flight,
      a.window_base * 2 ^ least(16, greatest(0, floor(extract(epoch FROM now() - a.window_since) * 1000 / a.window_step_ms)))
    )::int
  END
$$;
