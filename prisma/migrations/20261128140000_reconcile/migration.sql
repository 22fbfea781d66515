-- A person's pause of a shop.

-- AlterTable
ALTER TABLE "shop" ADD COLUMN "pause_reason" TEXT,
ADD COLUMN "paused_at" TIMESTAMPTZ(3),
ADD COLUMN "paused_by" TEXT;

-- The last reconciliations of shop, ledger and HFT71, with what disagreed.

-- CreateTable
CREATE TABLE "reconciliation" (
    "id" BIGSERIAL NOT NULL,
    "shop_id" TEXT NOT NULL,
    "started_by" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ(3),
    "window_from" TIMESTAMPTZ(3) NOT NULL,
    "shop_orders" INTEGER NOT NULL DEFAULT 0,
    "ledger_orders" INTEGER NOT NULL DEFAULT 0,
    "hft71_reads" INTEGER NOT NULL DEFAULT 0,
    "hft71_unread" INTEGER NOT NULL DEFAULT 0,
    "received" INTEGER NOT NULL DEFAULT 0,
    "counts" JSONB NOT NULL DEFAULT '{}',
    "faults" JSONB NOT NULL DEFAULT '[]',

    CONSTRAINT "reconciliation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reconciliation_finding" (
    "id" BIGSERIAL NOT NULL,
    "reconciliation_id" BIGINT NOT NULL,
    "kind" TEXT NOT NULL,
    "order_id" BIGINT NOT NULL,
    "number" TEXT NOT NULL,
    "detail" TEXT NOT NULL,

    CONSTRAINT "reconciliation_finding_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "reconciliation_shop_id_started_at_idx" ON "reconciliation"("shop_id", "started_at");

-- CreateIndex
CREATE INDEX "reconciliation_finding_reconciliation_id_idx" ON "reconciliation_finding"("reconciliation_id");

-- Orders of a window, by the shop's date of change.
CREATE INDEX "shop_order_shop_id_modified_gmt_idx" ON "shop_order"("shop_id", "modified_gmt");
