-- What a person stated of the plugin when a shop began to go live: who goes on with it asks the same.
ALTER TABLE "shop" ADD COLUMN "plugin_off_stated" BOOLEAN NOT NULL DEFAULT false;
