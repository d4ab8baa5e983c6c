CREATE TABLE "alert_deliveries" (
	"group_id" text NOT NULL,
	"sequence" integer NOT NULL,
	"team_id" text NOT NULL,
	"body" jsonb NOT NULL,
	CONSTRAINT "alert_deliveries_group_id_sequence_pk" PRIMARY KEY("group_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "alert_groups" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"key" text NOT NULL,
	"labels" jsonb NOT NULL,
	"flush_at" timestamp (6) with time zone NOT NULL,
	"sequence" integer DEFAULT 0 NOT NULL,
	"told_at" timestamp (6) with time zone,
	"firing" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"resolved" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"muted" jsonb DEFAULT '[]'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "alert_routing" (
	"team_id" text PRIMARY KEY NOT NULL,
	"routes" jsonb NOT NULL,
	"revision" integer NOT NULL,
	"updated_by" text NOT NULL,
	"updated_at" timestamp (6) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "rollouts" ADD COLUMN "watch_until" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "group_id" text;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "told_at" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "escalate_at" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "escalations" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "alert_groups_key" ON "alert_groups" USING btree ("team_id","key");--> statement-breakpoint
CREATE INDEX "alert_groups_flush" ON "alert_groups" USING btree ("flush_at");--> statement-breakpoint
CREATE INDEX "alerts_group" ON "alerts" USING btree ("group_id");--> statement-breakpoint
CREATE INDEX "alerts_ungrouped" ON "alerts" USING btree ("team_id") WHERE group_id is null and state <> 'resolved';--> statement-breakpoint
CREATE INDEX "alerts_escalate" ON "alerts" USING btree ("escalate_at") WHERE escalate_at is not null;--> statement-breakpoint
-- What was told before alerts were told in groups is not told again. Not counted as told: what is silenced now, and what the receiver has not taken.
UPDATE "alerts" a SET "told_at" = a."started_at" WHERE a."state" <> 'resolved' AND NOT EXISTS (
	SELECT 1 FROM "alert_silences" s WHERE s."team_id" = a."team_id" AND s."ended_by" IS NULL AND s."ends_at" > now()
	AND coalesce(s."kind", a."kind") = a."kind" AND coalesce(s."severity", a."severity") = a."severity"
	AND coalesce(s."subject_id", a."subject_id") = a."subject_id" AND coalesce(s."fingerprint", a."fingerprint") = a."fingerprint"
) AND NOT EXISTS (
	SELECT 1 FROM "outbox_events" e JOIN "outbox_deliveries" d ON d."event_id" = e."id"
	WHERE e."type" = 'monitoring.alert_raised' AND d."handler" = 'monitoring.webhook' AND d."state" <> 'done'
	AND e."payload" ->> 'alertId' = a."id" AND e."created_at" >= a."started_at"
);
--> statement-breakpoint
-- Nobody handles these any more: what they were to send is sent with the alert's group.
UPDATE "outbox_deliveries" d SET "state" = 'done', "finished_at" = now() FROM "outbox_events" e
WHERE e."id" = d."event_id" AND d."handler" = 'monitoring.webhook' AND d."state" <> 'done'
AND e."type" IN ('monitoring.alert_raised', 'monitoring.alert_resolved');
--> statement-breakpoint
-- What was promoted within the last day is watched on, as it was: people are told, nothing goes back by itself.
UPDATE "rollouts" SET "watch_until" = "finished_at" + interval '24 hours' WHERE "state" = 'succeeded' AND "from_version_id" IS NOT NULL AND "finished_at" > now() - interval '24 hours';
