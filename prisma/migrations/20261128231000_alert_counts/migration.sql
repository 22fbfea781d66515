-- One alert may stand for many orders: people are told again when there are twice as many.
ALTER TABLE "alert" ADD COLUMN "count" INTEGER, ADD COLUMN "told_count" INTEGER;
