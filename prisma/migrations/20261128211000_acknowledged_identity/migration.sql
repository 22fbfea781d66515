-- Another order that the shop uses a known id for, and that a person has settled by hand: it is not listed again, and the
-- order that was sent keeps its own key.
ALTER TABLE "shop_order" ADD COLUMN "acknowledged_key_hash" TEXT;
