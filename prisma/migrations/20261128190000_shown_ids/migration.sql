-- An id that HFT71 answers or shows is compared with those that other orders of the shop show.
CREATE INDEX "shop_order_shown_id" ON "shop_order" ("shop_hft71_id") WHERE "shop_hft71_id" IS NOT NULL;
