-- Alerts are evaluated from the ledger and gather in incidents; what is told of them waits in an outbox.

-- AlterTable
ALTER TABLE "alert" ADD COLUMN "since" TIMESTAMPTZ(3), ADD COLUMN "last_true_at" TIMESTAMPTZ(3), ADD COLUMN "incident_id" BIGINT;

-- AlterTable
ALTER TABLE "installation" ADD COLUMN "heartbeat_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "alert_pending" (
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_true_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "alert_pending_pkey" PRIMARY KEY ("kind","subject")
);

-- CreateTable
CREATE TABLE "incident" (
    "id" BIGSERIAL NOT NULL,
    "cause" TEXT NOT NULL,
    "severity" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'firing',
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_alert_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "acknowledged_at" TIMESTAMPTZ(3),
    "acknowledged_by" TEXT,
    "mitigated_at" TIMESTAMPTZ(3),
    "mitigated_by" TEXT,
    "quiet_since" TIMESTAMPTZ(3),
    "resolved_at" TIMESTAMPTZ(3),
    "resolved_by" TEXT,
    "reason" TEXT,
    "acknowledge_by" TIMESTAMPTZ(3) NOT NULL,
    "mitigate_by" TIMESTAMPTZ(3),
    "told_late" TEXT,
    "evidence" JSONB,

    CONSTRAINT "incident_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "incident_state" CHECK ("state" IN ('firing', 'acknowledged', 'mitigated', 'resolved')),
    CONSTRAINT "incident_severity" CHECK ("severity" BETWEEN 1 AND 3),
    CONSTRAINT "incident_resolved" CHECK (("state" = 'resolved') = ("resolved_at" IS NOT NULL))
);

-- CreateTable
CREATE TABLE "incident_event" (
    "id" BIGSERIAL NOT NULL,
    "incident_id" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "change" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "what" TEXT NOT NULL,
    "alert_id" BIGINT,

    CONSTRAINT "incident_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alert_message" (
    "id" BIGSERIAL NOT NULL,
    "event_id" BIGINT NOT NULL,
    "incident_id" BIGINT NOT NULL,
    "channel" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "tries" INTEGER NOT NULL DEFAULT 0,
    "not_before" TIMESTAMPTZ(3),
    "lease_until" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "given_up_at" TIMESTAMPTZ(3),
    "last_failure" TEXT,

    CONSTRAINT "alert_message_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "alert_incident_id_idx" ON "alert"("incident_id");

-- CreateIndex
CREATE INDEX "incident_cause_id_idx" ON "incident"("cause", "id");

-- CreateIndex
CREATE INDEX "incident_event_incident_id_at_idx" ON "incident_event"("incident_id", "at");

-- CreateIndex
CREATE UNIQUE INDEX "alert_message_event_id_channel_key" ON "alert_message"("event_id", "channel");

-- What the schema language cannot say.

CREATE INDEX "incident_open" ON "incident"("cause") WHERE "state" <> 'resolved';
CREATE INDEX "alert_message_undelivered" ON "alert_message"("incident_id", "channel", "id") WHERE "delivered_at" IS NULL AND "given_up_at" IS NULL;
-- What the rules about silent webhooks look for.
CREATE INDEX "shop_order_swept" ON "shop_order"("shop_id", "created_at") WHERE "first_seen_by" IN ('sweep', 'level-sweep');
CREATE INDEX "progress_changed" ON "progress"("account_id", "status_since") WHERE "status_since" IS NOT NULL;

-- What was raised before there were incidents begins when it was opened.
UPDATE "alert" SET "since" = "opened_at" WHERE "since" IS NULL;
