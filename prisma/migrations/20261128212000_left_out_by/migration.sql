-- The HFT71_LINES by which an order was left out as not HFT71's: under another one it is looked at again.
ALTER TABLE "intent" ADD COLUMN "left_out_by" TEXT;
