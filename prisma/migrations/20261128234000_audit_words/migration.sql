-- Acts are spelt as the command's words, and their subject is the shop or the order: `relay audit --shop main` and
-- `--action orders` find those that were written otherwise too.
UPDATE "audit" SET
  "action" = CASE "action" WHEN 'stock.boost-end' THEN 'stock boost --end' ELSE replace("action", '.', ' ') END,
  "subject" = regexp_replace("subject", '^shop ', '')
WHERE "action" IN ('stock.sync', 'stock.boost', 'stock.boost-end', 'stock.safety');
UPDATE "audit" SET "action" = 'orders update-done' WHERE "action" = 'update done';
UPDATE "audit" SET "action" = 'orders update-again' WHERE "action" = 'update again';
UPDATE "audit" SET "action" = 'orders resolve --exists', "details" = '{"settled": "the new order under the used id"}'
WHERE "action" = 'orders resolve: identity';
