-- A reconciliation that a person asked for, until a worker begins it.

-- AlterTable
ALTER TABLE "shop" ADD COLUMN "reconcile_wanted_by" TEXT,
ADD COLUMN "reconcile_window_ms" BIGINT;
