-- Secrets of webhooks that a command has rotated, and when deliveries were last refused.

-- AlterTable
ALTER TABLE "delivery_count" ADD COLUMN "last_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "webhook_secret" (
    "shop_id" TEXT NOT NULL,
    "side" TEXT NOT NULL,
    "closed" TEXT NOT NULL,
    "instead_of" TEXT NOT NULL,
    "previous_closed" TEXT,
    "previous_until" TIMESTAMPTZ(3),
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_secret_pkey" PRIMARY KEY ("shop_id","side")
);

ALTER TABLE "webhook_secret" ADD CONSTRAINT "webhook_secret_side" CHECK ("side" IN ('shop', 'hft71'));
