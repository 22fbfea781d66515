-- What the schema language cannot say.

-- A shop's identity is its home URL (protocol, "Rows"): under a second id each of its orders would be sent once more. A shop
-- that moves from http to https stays the same.
CREATE UNIQUE INDEX "shop_home" ON "shop"((regexp_replace("home_url", '^https?:', '')));
