-- AlterTable
ALTER TABLE "shop" ADD COLUMN "resumed_at" TIMESTAMPTZ(3);
