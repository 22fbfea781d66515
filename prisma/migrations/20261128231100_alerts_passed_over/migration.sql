-- An alert that ended before anybody looked is gathered too, from now on; those of before are not told any more.
ALTER TABLE "alert" ADD COLUMN "passed_over" BOOLEAN NOT NULL DEFAULT false;
UPDATE "alert" SET "passed_over" = true WHERE "incident_id" IS NULL AND "resolved_at" IS NOT NULL;
