-- Alerts ask for them each 15 s: hardly any row of hardly any shop.
CREATE INDEX "shop_order_identity_changed" ON "shop_order"("shop_id") WHERE "identity_changed_at" IS NOT NULL;
