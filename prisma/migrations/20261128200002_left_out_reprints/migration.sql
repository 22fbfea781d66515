-- A reprint whose lines were not HFT71's any more stood on no list, and kept the next one of its order from being ordered.
UPDATE "intent" SET "state" = 'held', "reason" = 'mapping', "reason_detail" = 'no line is HFT71’s any more', "state_since" = now()
WHERE "kind" = 'reprint' AND "state" = 'not_for_hft71';
