-- Orders that were left out when the ledger was restored, in a shop without the relay's marker.

-- AlterTable
ALTER TABLE "intent" ADD COLUMN "may_be_forgotten" BOOLEAN NOT NULL DEFAULT false;
