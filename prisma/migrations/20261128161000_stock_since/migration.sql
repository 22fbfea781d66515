-- AlterTable
ALTER TABLE "shop" ADD COLUMN "stock_since" TIMESTAMPTZ(3);
