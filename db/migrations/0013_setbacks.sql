CREATE TABLE "setbacks" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"deployment_id" text NOT NULL,
	"environment" text NOT NULL,
	"version_id" text NOT NULL,
	"rollout_id" text,
	"reason" text NOT NULL,
	"at" timestamp (6) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "setbacks_version" ON "setbacks" USING btree ("version_id","environment","at");--> statement-breakpoint
CREATE UNIQUE INDEX "setbacks_rollout" ON "setbacks" USING btree ("rollout_id");--> statement-breakpoint
-- What a person ended was called rolled back until now.
UPDATE "rollouts" SET "state" = 'aborted' WHERE "state" = 'rolled_back'
  AND EXISTS (SELECT 1 FROM "rollout_events" e WHERE e."rollout_id" = "rollouts"."id" AND e."kind" = 'aborted');
--> statement-breakpoint
INSERT INTO "setbacks" ("id", "team_id", "deployment_id", "environment", "version_id", "rollout_id", "reason", "at")
SELECT 'stb_' || replace(gen_random_uuid()::text, '-', ''), r."team_id", r."deployment_id", d."environment", r."to_version_id", r."id", r."state_reason",
  coalesce(r."finished_at", r."created_at")
FROM "rollouts" r JOIN "deployments" d ON d."id" = r."deployment_id" WHERE r."state" = 'rolled_back' AND r."stage_started_at" IS NOT NULL;
