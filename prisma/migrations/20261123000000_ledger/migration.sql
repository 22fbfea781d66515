-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "installation" (
    "id" UUID NOT NULL,
    "singleton" BOOLEAN NOT NULL DEFAULT true,
    "hash_key_closed" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "installation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "account" (
    "id" UUID NOT NULL,
    "base_url" TEXT NOT NULL,
    "username" TEXT NOT NULL,
    "breaker_state" TEXT NOT NULL DEFAULT 'closed',
    "breaker_owner" TEXT,
    "breaker_reason" TEXT,
    "breaker_since" TIMESTAMPTZ(3),
    "send_window" INTEGER NOT NULL,
    "current_feed_id" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "shop" (
    "id" TEXT NOT NULL,
    "account_id" UUID NOT NULL,
    "base_url" TEXT NOT NULL,
    "home_url" TEXT,
    "mode" TEXT NOT NULL DEFAULT 'connecting',
    "baseline_at" TIMESTAMPTZ(3),
    "live_at" TIMESTAMPTZ(3),
    "sweep_mark" TIMESTAMPTZ(3),
    "swept_at" TIMESTAMPTZ(3),
    "level_swept_at" TIMESTAMPTZ(3),
    "live_wanted" BOOLEAN NOT NULL DEFAULT false,
    "lines" TEXT,
    "sweep_wanted" BOOLEAN NOT NULL DEFAULT false,
    "fault" TEXT,
    "fault_since" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "shop_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "shop_order" (
    "shop_id" TEXT NOT NULL,
    "order_id" BIGINT NOT NULL,
    "number" TEXT NOT NULL,
    "order_key_hash" TEXT NOT NULL,
    "identity_changed_at" TIMESTAMPTZ(3),
    "status" TEXT NOT NULL,
    "created_gmt" TIMESTAMPTZ(0) NOT NULL,
    "modified_gmt" TIMESTAMPTZ(0) NOT NULL,
    "content_hash" TEXT NOT NULL,
    "lines" JSONB NOT NULL,
    "shop_hft71_id" TEXT,
    "before_live" BOOLEAN NOT NULL DEFAULT false,
    "read_wanted" BOOLEAN NOT NULL DEFAULT false,
    "first_seen_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "shop_order_pkey" PRIMARY KEY ("shop_id","order_id")
);

-- CreateTable
CREATE TABLE "intent" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "shop_id" TEXT NOT NULL,
    "order_id" BIGINT NOT NULL,
    "account_id" UUID NOT NULL,
    "state" TEXT NOT NULL,
    "reason" TEXT,
    "reason_detail" TEXT,
    "reference" TEXT,
    "hft71_order_id" TEXT,
    "doubt_since" TIMESTAMPTZ(3),
    "settle_until" TIMESTAMPTZ(3),
    "cancel_requested" BOOLEAN NOT NULL DEFAULT false,
    "token" UUID,
    "settled_marker" TEXT,
    "payload_hash" TEXT,
    "accepted_hash" TEXT,
    "wanted_hash" TEXT,
    "content_hash" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "not_before" TIMESTAMPTZ(3),
    "dispatched_until" TIMESTAMPTZ(3),
    "dispatch_no" INTEGER NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "last_failure" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "state_since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "intent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attempt" (
    "token" UUID NOT NULL,
    "intent_id" UUID NOT NULL,
    "dispatch_no" INTEGER NOT NULL,
    "worker" TEXT NOT NULL,
    "prepared_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "claimed_at" TIMESTAMPTZ(3),
    "left_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "outcome" TEXT,
    "cause" TEXT,
    "http_status" INTEGER,
    "error_code" TEXT,
    "hft71_order_id" TEXT,
    "payload_hash" TEXT,

    CONSTRAINT "attempt_pkey" PRIMARY KEY ("token")
);

-- CreateTable
CREATE TABLE "api_call" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "shop_id" TEXT,
    "target" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "method" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "status" INTEGER,
    "code" TEXT,
    "duration_ms" INTEGER NOT NULL,
    "order_id" BIGINT,

    CONSTRAINT "api_call_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "delivery" (
    "id" BIGSERIAL NOT NULL,
    "shop_id" TEXT NOT NULL,
    "delivery_id" TEXT,
    "topic" TEXT,
    "result" TEXT NOT NULL,
    "order_id" BIGINT,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "delivery_count" (
    "shop_id" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "result" TEXT NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "delivery_count_pkey" PRIMARY KEY ("shop_id","day","result")
);

-- CreateTable
CREATE TABLE "stock_feed" (
    "id" BIGSERIAL NOT NULL,
    "account_id" UUID NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "completed_at" TIMESTAMPTZ(3),
    "pages" INTEGER NOT NULL DEFAULT 0,
    "skus" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "stock_feed_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "feed_sku" (
    "feed_id" BIGINT NOT NULL,
    "sku" TEXT NOT NULL,
    "stock" INTEGER NOT NULL,

    CONSTRAINT "feed_sku_pkey" PRIMARY KEY ("feed_id","sku")
);

-- CreateTable
CREATE TABLE "relay_user" (
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "password_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "relay_user_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "audit" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "reason" TEXT,
    "details" JSONB,

    CONSTRAINT "audit_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alert" (
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "severity" INTEGER NOT NULL,
    "subject" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "resolved_at" TIMESTAMPTZ(3),

    CONSTRAINT "alert_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "process_beat" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "progress_at" TIMESTAMPTZ(3),

    CONSTRAINT "process_beat_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "installation_singleton_key" ON "installation"("singleton");

-- CreateIndex
CREATE UNIQUE INDEX "account_base_url_username_key" ON "account"("base_url", "username");

-- CreateIndex
CREATE INDEX "shop_order_shop_id_number_idx" ON "shop_order"("shop_id", "number");

-- CreateIndex
CREATE INDEX "intent_state_kind_idx" ON "intent"("state", "kind");

-- CreateIndex
CREATE UNIQUE INDEX "intent_shop_id_order_id_kind_key" ON "intent"("shop_id", "order_id", "kind");

-- CreateIndex
CREATE UNIQUE INDEX "intent_account_id_reference_key" ON "intent"("account_id", "reference");

-- CreateIndex
CREATE UNIQUE INDEX "intent_account_id_hft71_order_id_key" ON "intent"("account_id", "hft71_order_id");

-- CreateIndex
CREATE INDEX "attempt_intent_id_prepared_at_idx" ON "attempt"("intent_id", "prepared_at");

-- CreateIndex
CREATE INDEX "api_call_at_idx" ON "api_call"("at");

-- CreateIndex
CREATE INDEX "api_call_shop_id_order_id_idx" ON "api_call"("shop_id", "order_id");

-- CreateIndex
CREATE INDEX "delivery_shop_id_received_at_idx" ON "delivery"("shop_id", "received_at");

-- CreateIndex
CREATE INDEX "audit_at_idx" ON "audit"("at");



-- CreateTable
CREATE TABLE "api_call_total" (
    "target" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "status_class" TEXT NOT NULL,
    "calls" BIGINT NOT NULL,
    "seconds" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "api_call_total_pkey" PRIMARY KEY ("target","action","status_class")
);

-- What the schema language cannot say.

-- One open alert per kind and subject.
CREATE UNIQUE INDEX "alert_open" ON "alert"("kind", "subject") WHERE "resolved_at" IS NULL;

-- An intent has at most one attempt that is prepared, neither claimed nor ended (protocol, step 4).
CREATE UNIQUE INDEX "attempt_prepared" ON "attempt"("intent_id") WHERE "claimed_at" IS NULL AND "ended_at" IS NULL;

-- What the dispatcher and the rescue timer look for four times a second.
CREATE INDEX "intent_due" ON "intent"("account_id", "kind", "created_at") WHERE "state" IN ('waiting', 'ready');
CREATE INDEX "intent_sending" ON "intent"("account_id", "lease_until") WHERE "state" = 'sending';
CREATE INDEX "attempt_open" ON "attempt"("prepared_at") WHERE "ended_at" IS NULL;

ALTER TABLE "intent" ADD CONSTRAINT "intent_state" CHECK ("state" IN ('waiting', 'ready', 'sending', 'sent', 'written_back', 'in_doubt', 'held', 'rejected', 'cancelled', 'skipped', 'adopted', 'shadowed', 'not_for_hft71'));
ALTER TABLE "intent" ADD CONSTRAINT "intent_held_has_reason" CHECK ("state" <> 'held' OR "reason" IS NOT NULL);
ALTER TABLE "intent" ADD CONSTRAINT "intent_doubt_is_kept" CHECK ("state" <> 'in_doubt' OR "doubt_since" IS NOT NULL);
ALTER TABLE "intent" ADD CONSTRAINT "intent_sent_has_id" CHECK ("kind" = 'write_back' OR "state" NOT IN ('sent', 'written_back', 'adopted') OR "hft71_order_id" IS NOT NULL);
ALTER TABLE "intent" ADD CONSTRAINT "intent_reference" CHECK ("kind" NOT IN ('send_order', 'reprint') OR "reference" IS NOT NULL OR "state" NOT IN ('waiting', 'ready', 'sending'));
ALTER TABLE "shop" ADD CONSTRAINT "shop_mode" CHECK ("mode" IN ('connecting', 'shadow', 'going_live', 'live'));
ALTER TABLE "account" ADD CONSTRAINT "account_breaker" CHECK ("breaker_state" IN ('closed', 'open', 'half_open'));
