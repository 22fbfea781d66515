-- Statuses, tracking, two-way updates, and the order's timeline.

-- AlterTable
ALTER TABLE "account" ADD COLUMN "webhook_heard_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "api_call" ADD COLUMN "request_id" TEXT;

-- AlterTable
ALTER TABLE "delivery" ADD COLUMN "request_id" TEXT, ADD COLUMN "told" TEXT;

-- AlterTable
ALTER TABLE "intent" ADD COLUMN "address_hash" TEXT;

-- AlterTable
ALTER TABLE "attempt" ADD COLUMN "address_hash" TEXT;

-- AlterTable
ALTER TABLE "shop" ADD COLUMN "status_rules" TEXT;

-- AlterTable
ALTER TABLE "shop_order" ADD COLUMN "address_hash" TEXT, ADD COLUMN "last_seen_by" TEXT;

-- CreateTable
CREATE TABLE "progress" (
    "intent_id" UUID NOT NULL,
    "shop_id" TEXT NOT NULL,
    "order_id" BIGINT NOT NULL,
    "copy" INTEGER NOT NULL DEFAULT 1,
    "account_id" UUID NOT NULL,
    "hft71_order_id" TEXT NOT NULL,
    "accepted_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "statuses" JSONB,
    "customer_statuses" JSONB,
    "shipping" JSONB,
    "status" TEXT,
    "status_since" TIMESTAMPTZ(3),
    "seen" JSONB NOT NULL DEFAULT '[]',
    "read_at" TIMESTAMPTZ(3),
    "poll_at" TIMESTAMPTZ(3),
    "poll_no" INTEGER NOT NULL DEFAULT 0,
    "polling_until" TIMESTAMPTZ(3),
    "hint" TEXT,
    "hint_reads" INTEGER NOT NULL DEFAULT 0,
    "fault" TEXT,
    "fault_since" TIMESTAMPTZ(3),
    "ended" TEXT,
    "version" INTEGER NOT NULL DEFAULT 0,
    "furthest" TEXT,
    "written_shop_status" TEXT,
    "pending_shop_status" TEXT,
    "conflict" TEXT,
    "noted" TEXT,

    CONSTRAINT "progress_pkey" PRIMARY KEY ("intent_id")
);

-- CreateTable
CREATE TABLE "order_event" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "shop_id" TEXT NOT NULL,
    "order_id" BIGINT NOT NULL,
    "kind" TEXT NOT NULL,
    "what" TEXT NOT NULL,

    CONSTRAINT "order_event_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "progress_account_id_hft71_order_id_idx" ON "progress"("account_id", "hft71_order_id");

-- CreateIndex
CREATE INDEX "progress_shop_id_order_id_idx" ON "progress"("shop_id", "order_id");

-- CreateIndex
CREATE INDEX "order_event_shop_id_order_id_at_idx" ON "order_event"("shop_id", "order_id", "at");

-- What the schema language cannot say.

-- An update has no id of its own.
ALTER TABLE "intent" DROP CONSTRAINT "intent_sent_has_id";
ALTER TABLE "intent" ADD CONSTRAINT "intent_sent_has_id" CHECK ("kind" NOT IN ('send_order', 'reprint') OR "state" NOT IN ('sent', 'written_back', 'adopted') OR "hft71_order_id" IS NOT NULL);

-- What is to be polled, the most urgent first.
CREATE INDEX "progress_due" ON "progress"("account_id", "poll_at") WHERE "poll_at" IS NOT NULL;
CREATE INDEX "progress_unplanned" ON "progress"("account_id") WHERE "poll_at" IS NULL AND "ended" IS NULL;

-- An intent that has an id of HFT71's has a progress, whichever statement gave it the id. A person may name another id
-- (relay orders resolve … --exists): then everything is read anew.
CREATE FUNCTION "keep_progress"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO progress AS p (intent_id, shop_id, order_id, copy, account_id, hft71_order_id)
  VALUES (NEW.id, NEW.shop_id, NEW.order_id, NEW.copy, NEW.account_id, NEW.hft71_order_id)
  ON CONFLICT (intent_id) DO UPDATE SET
    hft71_order_id = excluded.hft71_order_id, statuses = NULL, customer_statuses = NULL, shipping = NULL, status = NULL,
    status_since = NULL, seen = '[]', read_at = NULL, poll_at = NULL, polling_until = NULL, hint = NULL, hint_reads = 0,
    fault = NULL, fault_since = NULL, ended = NULL, accepted_at = now(), version = 0, noted = NULL,
    furthest = NULL, written_shop_status = NULL, pending_shop_status = NULL, conflict = NULL
  WHERE p.hft71_order_id <> excluded.hft71_order_id;
  RETURN NULL;
END $$;

CREATE TRIGGER "intent_progress_insert" AFTER INSERT ON "intent" FOR EACH ROW
  WHEN (NEW.hft71_order_id IS NOT NULL AND NEW.kind IN ('send_order', 'reprint') AND NEW.state IN ('sent', 'written_back', 'adopted'))
  EXECUTE FUNCTION "keep_progress"();

CREATE TRIGGER "intent_progress_update" AFTER UPDATE OF "state", "hft71_order_id" ON "intent" FOR EACH ROW
  WHEN (NEW.hft71_order_id IS NOT NULL AND NEW.kind IN ('send_order', 'reprint') AND NEW.state IN ('sent', 'written_back', 'adopted')
        AND (OLD.hft71_order_id IS DISTINCT FROM NEW.hft71_order_id OR OLD.state NOT IN ('sent', 'written_back', 'adopted')))
  EXECUTE FUNCTION "keep_progress"();

-- Orders that are at HFT71 already.
INSERT INTO progress (intent_id, shop_id, order_id, copy, account_id, hft71_order_id, accepted_at)
SELECT id, shop_id, order_id, copy, account_id, hft71_order_id, state_since FROM intent
WHERE hft71_order_id IS NOT NULL AND kind IN ('send_order', 'reprint') AND state IN ('sent', 'written_back', 'adopted');

-- The timeline's own lines, so that no statement has to think of them.
CREATE FUNCTION "tell_intent"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' OR OLD.state <> NEW.state OR OLD.reason IS DISTINCT FROM NEW.reason THEN
    INSERT INTO order_event (shop_id, order_id, kind, what)
    VALUES (NEW.shop_id, NEW.order_id, 'state',
            NEW.kind || CASE WHEN NEW.copy > 1 THEN ' R' || NEW.copy ELSE '' END || ': '
            || CASE WHEN TG_OP = 'INSERT' THEN '' ELSE OLD.state || ' → ' END || NEW.state || coalesce(' (' || NEW.reason || ')', ''));
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.dispatch_no > OLD.dispatch_no THEN
    INSERT INTO order_event (shop_id, order_id, kind, what)
    VALUES (NEW.shop_id, NEW.order_id, 'job', NEW.kind || ': dispatch ' || NEW.dispatch_no);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER "intent_told_insert" AFTER INSERT ON "intent" FOR EACH ROW EXECUTE FUNCTION "tell_intent"();
CREATE TRIGGER "intent_told_update" AFTER UPDATE OF "state", "reason", "dispatch_no" ON "intent" FOR EACH ROW
  WHEN (OLD.state <> NEW.state OR OLD.reason IS DISTINCT FROM NEW.reason OR NEW.dispatch_no > OLD.dispatch_no)
  EXECUTE FUNCTION "tell_intent"();

CREATE FUNCTION "tell_shop_order"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO order_event (shop_id, order_id, kind, what)
  VALUES (NEW.shop_id, NEW.order_id, 'order',
          CASE WHEN TG_OP = 'INSERT' THEN 'first seen: ' || NEW.status
               WHEN OLD.status <> NEW.status THEN OLD.status || ' → ' || NEW.status
               ELSE 'edited in the shop' END
          || coalesce(' by ' || coalesce(NEW.last_seen_by, NEW.first_seen_by), ''));
  RETURN NULL;
END $$;

-- A status that a person set otherwise is looked at again when it changes.
CREATE FUNCTION "look_at_conflict"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  UPDATE progress SET poll_at = now(), ended = NULL
  WHERE shop_id = NEW.shop_id AND order_id = NEW.order_id AND conflict IS NOT NULL;
  RETURN NULL;
END $$;

CREATE TRIGGER "shop_order_conflict" AFTER UPDATE OF "status" ON "shop_order" FOR EACH ROW
  WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION "look_at_conflict"();

CREATE TRIGGER "shop_order_told_insert" AFTER INSERT ON "shop_order" FOR EACH ROW EXECUTE FUNCTION "tell_shop_order"();
CREATE TRIGGER "shop_order_told_update" AFTER UPDATE ON "shop_order" FOR EACH ROW
  WHEN (OLD.status <> NEW.status OR OLD.content_hash <> NEW.content_hash)
  EXECUTE FUNCTION "tell_shop_order"();

CREATE FUNCTION "tell_progress"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO order_event (shop_id, order_id, kind, what)
  VALUES (NEW.shop_id, NEW.order_id, 'status',
          'HFT71 ' || NEW.hft71_order_id || ': ' || coalesce(OLD.status || ' → ', '') || coalesce(NEW.status, '?'));
  RETURN NULL;
END $$;

CREATE TRIGGER "progress_told" AFTER UPDATE OF "status" ON "progress" FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION "tell_progress"();
