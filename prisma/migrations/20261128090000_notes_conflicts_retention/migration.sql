-- What a person says of a status conflict, notes on orders, and how long the log is kept.

-- AlterTable
ALTER TABLE "progress" ADD COLUMN "conflict_shown" TEXT, ADD COLUMN "conflict_accepted" TEXT, ADD COLUMN "may_overwrite" TEXT;

-- AlterTable
ALTER TABLE "intent" ADD COLUMN "noted" TEXT;

-- CreateTable
CREATE TABLE "attempt_total" (
    "outcome" TEXT NOT NULL,
    "attempts" BIGINT NOT NULL,

    CONSTRAINT "attempt_total_pkey" PRIMARY KEY ("outcome")
);

-- CreateIndex
CREATE INDEX "order_event_at_idx" ON "order_event" USING BRIN ("at");

-- CreateIndex
CREATE INDEX "delivery_received_at_idx" ON "delivery" USING BRIN ("received_at");

-- CreateIndex
CREATE INDEX "attempt_prepared_at_idx" ON "attempt" USING BRIN ("prepared_at");

-- CreateIndex
CREATE INDEX "look_up_started_at_idx" ON "look_up" USING BRIN ("started_at");

-- What the schema language cannot say.

-- Until now it stood in the sentence alone.
UPDATE "progress" SET "conflict_shown" = split_part("conflict", ' instead of ', 1) WHERE "conflict" IS NOT NULL;

-- Orders that are held already get no note about it now.
UPDATE "intent" SET "noted" = 'held/' || coalesce("reason", '') || '/' || extract(epoch FROM "state_since")
WHERE "state" = 'held' AND "kind" IN ('send_order', 'reprint');

-- As before, with what a person said of a conflict.
CREATE OR REPLACE FUNCTION "keep_progress"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO progress AS p (intent_id, shop_id, order_id, copy, account_id, hft71_order_id)
  VALUES (NEW.id, NEW.shop_id, NEW.order_id, NEW.copy, NEW.account_id, NEW.hft71_order_id)
  ON CONFLICT (intent_id) DO UPDATE SET
    hft71_order_id = excluded.hft71_order_id, statuses = NULL, customer_statuses = NULL, shipping = NULL, status = NULL,
    status_since = NULL, seen = '[]', read_at = NULL, poll_at = NULL, polling_until = NULL, hint = NULL, hint_reads = 0,
    fault = NULL, fault_since = NULL, ended = NULL, accepted_at = now(), version = 0, noted = NULL,
    furthest = NULL, written_shop_status = NULL, pending_shop_status = NULL, conflict = NULL, conflict_shown = NULL,
    conflict_accepted = NULL, may_overwrite = NULL
  WHERE p.hft71_order_id <> excluded.hft71_order_id;
  RETURN NULL;
END $$;
