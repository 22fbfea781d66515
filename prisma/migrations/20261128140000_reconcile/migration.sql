-- A person's pause of a shop.

-- AlterTable
ALTER TABLE "shop" ADD COLUMN "pause_reason" TEXT,
ADD COLUMN "paused_at" TIMESTAMPTZ(3),
ADD COLUMN "paused_by" TEXT;
