-- A person's hold outlives a doubt.

-- AlterTable
ALTER TABLE "intent" ADD COLUMN "person_hold" TEXT;

-- What a person holds now. Of one that is held with a doubt nobody can tell any more whose hold it was.
UPDATE "intent" SET "person_hold" = coalesce("reason_detail", '') WHERE "state" = 'held' AND "reason" = 'person';
