-- WC_SENDABLE_STATUSES as far as it was followed: orders of a status that is added later are listed before any of them
-- is sent. null: none were remembered yet.
ALTER TABLE "shop" ADD COLUMN "sendable_statuses" TEXT[];
