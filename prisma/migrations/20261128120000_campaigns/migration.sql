-- Campaigns: a batch re-send after an outage.

-- AlterTable
ALTER TABLE "intent" ADD COLUMN "campaign_id" BIGINT;

-- CreateTable
CREATE TABLE "campaign" (
    "id" BIGSERIAL NOT NULL,
    "shop_id" TEXT NOT NULL,
    "account_id" UUID NOT NULL,
    "selection" JSONB NOT NULL,
    "unknown_numbers" JSONB NOT NULL DEFAULT '[]',
    "state" TEXT NOT NULL DEFAULT 'planned',
    "batch_size" INTEGER,
    "canary_size" INTEGER,
    "share" DOUBLE PRECISION,
    "stop_percent" DOUBLE PRECISION,
    "watch_ms" BIGINT,
    "batch_no" INTEGER NOT NULL DEFAULT 0,
    "created_by" TEXT NOT NULL,
    "reason" TEXT,
    "state_reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "state_since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "canary_passed_at" TIMESTAMPTZ(3),
    "judged_from" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "campaign_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "campaign_item" (
    "campaign_id" BIGINT NOT NULL,
    "shop_id" TEXT NOT NULL,
    "order_id" BIGINT NOT NULL,
    "intent_id" UUID,
    "part" TEXT NOT NULL,
    "planned_state" TEXT,
    "planned_reason" TEXT,
    "batch_no" INTEGER,
    "released_at" TIMESTAMPTZ(3),
    "was" JSONB,
    "ended_at" TIMESTAMPTZ(3),
    "outcome" TEXT,
    "outcome_reason" TEXT,
    "read_back" TEXT,
    "read_back_at" TIMESTAMPTZ(3),

    CONSTRAINT "campaign_item_pkey" PRIMARY KEY ("campaign_id","order_id")
);

-- What the schema language cannot say.

ALTER TABLE "campaign" ADD CONSTRAINT "campaign_state" CHECK ("state" IN ('planned', 'canary', 'running', 'paused', 'cancelled', 'watching', 'verified', 'not_verified'));
ALTER TABLE "campaign" ADD CONSTRAINT "campaign_started" CHECK ("state" IN ('planned', 'cancelled') OR "batch_size" > 0 AND "canary_size" > 0 AND "share" > 0 AND "share" < 1 AND "stop_percent" >= 0 AND "watch_ms" >= 0 AND "started_at" IS NOT NULL);
ALTER TABLE "campaign_item" ADD CONSTRAINT "campaign_item_re_arm" CHECK ("part" <> 're-arm' OR "intent_id" IS NOT NULL);
-- Only what is re-armed is ever released, and what is released can be put back.
ALTER TABLE "campaign_item" ADD CONSTRAINT "campaign_item_released" CHECK ("released_at" IS NULL OR "part" = 're-arm' AND "was" IS NOT NULL AND "batch_no" IS NOT NULL);
ALTER TABLE "campaign_item" ADD CONSTRAINT "campaign_item_ended" CHECK (("ended_at" IS NULL) = ("outcome" IS NULL));

-- One at a time sends on an account: two shares of one budget would add up.
CREATE UNIQUE INDEX "campaign_sending" ON "campaign"("account_id") WHERE "state" IN ('canary', 'running');
CREATE INDEX "campaign_item_open" ON "campaign_item"("campaign_id", "order_id") WHERE "part" = 're-arm' AND "ended_at" IS NULL;
CREATE INDEX "intent_of_campaign" ON "intent"("campaign_id") WHERE "campaign_id" IS NOT NULL;

-- An order is its campaign's while it waits for its place or is on its way. Whatever statement ends that, a person's, the
-- shop's or HFT71's answer, ends the item with what became of it, in the same transaction: so progress is counted and never
-- kept beside. Taken back by the campaign itself, the order loses its mark in the same statement, and the item goes on.
CREATE FUNCTION "end_campaign_item"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  UPDATE campaign_item SET ended_at = now(), outcome = NEW.state, outcome_reason = NEW.reason
  WHERE campaign_id = OLD.campaign_id AND order_id = OLD.order_id AND ended_at IS NULL;
  NEW.campaign_id := NULL;
  RETURN NEW;
END $$;

CREATE TRIGGER "intent_leaves_campaign" BEFORE UPDATE OF "state" ON "intent" FOR EACH ROW
  WHEN (OLD.campaign_id IS NOT NULL AND NEW.campaign_id IS NOT NULL AND NEW.state NOT IN ('ready', 'sending'))
  EXECUTE FUNCTION "end_campaign_item"();
