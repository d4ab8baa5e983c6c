CREATE TABLE "alert_routes" (
	"team_id" text NOT NULL,
	"severity" text NOT NULL,
	"tell" text NOT NULL,
	"sends_webhook" boolean DEFAULT true NOT NULL,
	"repeat_minutes" integer NOT NULL,
	"escalate_minutes" integer NOT NULL,
	"escalate_to" text,
	"updated_by" text NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "alert_routes_team_id_severity_pk" PRIMARY KEY("team_id","severity")
);
--> statement-breakpoint
CREATE TABLE "alert_silences" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"kind" text,
	"severity" text,
	"subject_id" text,
	"fingerprint" text,
	"reason" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"ends_at" timestamp (6) with time zone NOT NULL,
	"ended_by" text
);
--> statement-breakpoint
CREATE TABLE "feedback_revisions" (
	"prediction_id" text NOT NULL,
	"row_index" integer DEFAULT 0 NOT NULL,
	"revision" integer NOT NULL,
	"team_id" text NOT NULL,
	"value" text NOT NULL,
	"is_correct" boolean NOT NULL,
	"abs_error" double precision,
	"given_by" text NOT NULL,
	"at" timestamp (6) with time zone NOT NULL,
	"prediction_at" timestamp (6) with time zone NOT NULL,
	CONSTRAINT "feedback_revisions_prediction_id_row_index_revision_pk" PRIMARY KEY("prediction_id","row_index","revision")
);
--> statement-breakpoint
CREATE TABLE "set_aside_records" (
	"id" text PRIMARY KEY NOT NULL,
	"prediction_id" text,
	"team_id" text,
	"deployment_id" text,
	"record" "bytea" NOT NULL,
	"error" text NOT NULL,
	"tries" integer NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"tried_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "traffic_seconds" ADD COLUMN "measured" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "traffic_seconds" ADD COLUMN "abs_error_sum" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "traffic_seconds" ADD COLUMN "squared_error_sum" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "traffic_seconds" ADD COLUMN "fourth_error_sum" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "traffic_seconds" ADD COLUMN "scored" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "traffic_seconds" ADD COLUMN "score_sum" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "owner_id" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "told_at" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "escalated_at" timestamp (6) with time zone;--> statement-breakpoint
CREATE INDEX "alert_silences_team" ON "alert_silences" USING btree ("team_id","ends_at");--> statement-breakpoint
CREATE INDEX "feedback_revisions_at" ON "feedback_revisions" USING btree ("prediction_at");--> statement-breakpoint
CREATE INDEX "set_aside_records_state" ON "set_aside_records" USING btree ("state","at");--> statement-breakpoint
ALTER TABLE "pending_feedback" DROP CONSTRAINT "pending_feedback_team_id_prediction_id_pk";--> statement-breakpoint
ALTER TABLE "pending_feedback" ADD COLUMN "row_index" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "pending_feedback" ADD CONSTRAINT "pending_feedback_team_id_prediction_id_row_index_pk" PRIMARY KEY("team_id","prediction_id","row_index");--> statement-breakpoint
-- Where each outcome is counted is written to it, from its prediction. One whose prediction is gone is counted nowhere.
ALTER TABLE "feedback" ADD COLUMN "row_index" integer DEFAULT 0 NOT NULL, ADD COLUMN "version_id" text, ADD COLUMN "rollout_id" text,
	ADD COLUMN "arm" text, ADD COLUMN "stage" integer, ADD COLUMN "prediction_at" timestamp (6) with time zone,
	ADD COLUMN "abs_error" double precision, ADD COLUMN "revision" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE "feedback" f SET version_id = p.version_id, rollout_id = p.rollout_id, arm = p.arm, stage = p.stage, prediction_at = p.at
	FROM "predictions" p WHERE p.id = f.prediction_id;--> statement-breakpoint
UPDATE "feedback" SET version_id = '', rollout_id = '', arm = 'stable', stage = -1, prediction_at = at WHERE version_id IS NULL;--> statement-breakpoint
ALTER TABLE "feedback" ALTER COLUMN "version_id" SET NOT NULL, ALTER COLUMN "rollout_id" SET NOT NULL, ALTER COLUMN "arm" SET NOT NULL,
	ALTER COLUMN "stage" SET NOT NULL, ALTER COLUMN "prediction_at" SET NOT NULL, DROP CONSTRAINT "feedback_pkey",
	ADD CONSTRAINT "feedback_prediction_id_row_index_pk" PRIMARY KEY ("prediction_id", "row_index");--> statement-breakpoint
CREATE INDEX "feedback_counted" ON "feedback" USING btree ("deployment_id", "prediction_at");--> statement-breakpoint
-- Predictions by week. What is there becomes the oldest partition as it stands (nothing is copied) and ends with the present week.
ALTER TABLE "predictions" RENAME TO "predictions_before";--> statement-breakpoint
ALTER TABLE "predictions_before" ADD COLUMN "datatype" text DEFAULT '' NOT NULL, ADD COLUMN "rows" integer DEFAULT 1 NOT NULL,
	ADD COLUMN "predicted_rows" jsonb, DROP CONSTRAINT "predictions_pkey", ADD CONSTRAINT "predictions_before_pk" PRIMARY KEY ("id", "at");--> statement-breakpoint
ALTER INDEX "predictions_deployment_at" RENAME TO "predictions_before_deployment_at";--> statement-breakpoint
ALTER INDEX "predictions_version_at" RENAME TO "predictions_before_version_at";--> statement-breakpoint
CREATE TABLE "predictions" (LIKE "predictions_before" INCLUDING DEFAULTS, CONSTRAINT "predictions_id_at_pk" PRIMARY KEY ("id", "at"))
	PARTITION BY RANGE ("at");--> statement-breakpoint
CREATE INDEX "predictions_deployment_at" ON "predictions" USING btree ("deployment_id", "at", "id");--> statement-breakpoint
CREATE INDEX "predictions_version_at" ON "predictions" USING btree ("version_id", "at");--> statement-breakpoint
-- Takes what no week takes, so that a prediction is stored whatever its time.
CREATE TABLE "predictions_other" PARTITION OF "predictions" DEFAULT;--> statement-breakpoint
DO $$
BEGIN
  EXECUTE format('ALTER TABLE predictions ATTACH PARTITION predictions_before FOR VALUES FROM (MINVALUE) TO (%L)',
    (date_trunc('week', greatest(now(), (SELECT max(at) FROM predictions_before)) AT TIME ZONE 'UTC') + interval '1 week') AT TIME ZONE 'UTC');
END $$;
