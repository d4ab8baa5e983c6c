CREATE SEQUENCE "public"."metric_series_number" INCREMENT BY 1 MINVALUE 0 MAXVALUE 4294967295 START WITH 0 CACHE 1 CYCLE;--> statement-breakpoint
CREATE TABLE "metric_datasets" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "metric_datasets_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text,
	"digest" text,
	CONSTRAINT "metric_datasets_name" UNIQUE NULLS NOT DISTINCT("name","digest")
);
--> statement-breakpoint
CREATE TABLE "metric_series" (
	"id" bigint PRIMARY KEY DEFAULT ((extract(epoch from now())::bigint / 86400) << 32) | nextval('metric_series_number') NOT NULL,
	"run_id" text NOT NULL,
	"key" text NOT NULL,
	"model_id" text DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "first_traffic" (
	"version_id" text NOT NULL,
	"deployment_id" text NOT NULL,
	"second" bigint NOT NULL,
	CONSTRAINT "first_traffic_version_id_deployment_id_pk" PRIMARY KEY("version_id","deployment_id")
);
--> statement-breakpoint
INSERT INTO "first_traffic" SELECT "version_id", "deployment_id", min("second") FROM "traffic_seconds" GROUP BY 1, 2;--> statement-breakpoint
-- Series are numbered by the day of their run, each metric with the row that has no model.
INSERT INTO "metric_series" ("id", "run_id", "key", "model_id")
SELECT ((extract(epoch from least(coalesce(r."created_at", now()), now()))::bigint / 86400) << 32) | nextval('metric_series_number'), s."run_id", s."key", s."model_id"
FROM (SELECT DISTINCT m."run_id", m."key", x."model_id" FROM "run_metrics" m CROSS JOIN LATERAL (VALUES (''), (m."model_id")) x("model_id")) s
LEFT JOIN "runs" r ON r."id" = s."run_id" ORDER BY r."created_at", s."run_id", s."key", s."model_id";--> statement-breakpoint
CREATE UNIQUE INDEX "metric_series_name" ON "metric_series" USING btree ("run_id","key","model_id");--> statement-breakpoint
CREATE INDEX "metric_series_model" ON "metric_series" USING btree ("model_id","key") WHERE "metric_series"."model_id" <> '';--> statement-breakpoint
INSERT INTO "metric_datasets" ("name", "digest") SELECT DISTINCT "dataset_name", "dataset_digest" FROM "run_metrics"
WHERE "dataset_name" IS NOT NULL OR "dataset_digest" IS NOT NULL;--> statement-breakpoint
ALTER TABLE "run_metrics" RENAME TO "run_metrics_wide";--> statement-breakpoint
CREATE TABLE "run_metrics" (
	"series_id" bigint NOT NULL,
	"step" bigint NOT NULL,
	"timestamp_ms" bigint NOT NULL,
	"value" double precision NOT NULL,
	"dataset_id" integer,
	"again" boolean,
	"more" boolean,
	"late" bigint
) PARTITION BY RANGE ("series_id");--> statement-breakpoint
CREATE UNIQUE INDEX "run_metrics_step" ON "run_metrics" USING btree ("series_id","step") WHERE "run_metrics"."more" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "run_metrics_more" ON "run_metrics" USING btree ("series_id","step","timestamp_ms","value") WHERE "run_metrics"."more" is not null;--> statement-breakpoint
CREATE INDEX "run_metrics_late" ON "run_metrics" USING btree ("series_id","late") WHERE "run_metrics"."late" is not null;--> statement-breakpoint
-- The oldest partition takes what is there, and ends with the present month; the rest is for series without a month.
DO $$
BEGIN
  EXECUTE format('CREATE TABLE run_metrics_before PARTITION OF run_metrics FOR VALUES FROM (MINVALUE) TO (%L)',
    (extract(epoch FROM (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month'))::bigint / 86400) << 32);
END $$;--> statement-breakpoint
CREATE TABLE "run_metrics_other" PARTITION OF "run_metrics" DEFAULT;--> statement-breakpoint
INSERT INTO "run_metrics" ("series_id", "step", "timestamp_ms", "value", "dataset_id", "again", "more")
SELECT s."id", m."step", m."timestamp_ms", CASE WHEN m."is_nan" THEN 'NaN' ELSE m."value" END, d."id",
	nullif(row_number() OVER (PARTITION BY m."run_id", m."key", m."step", m."timestamp_ms", m."value", m."is_nan" ORDER BY m."model_id") > 1, false),
	nullif(row_number() OVER (PARTITION BY s."id", m."step" ORDER BY m."timestamp_ms", m."value", m."is_nan") > 1, false)
FROM "run_metrics_wide" m JOIN "metric_series" s USING ("run_id", "key", "model_id")
LEFT JOIN "metric_datasets" d ON (m."dataset_name" IS NOT NULL OR m."dataset_digest" IS NOT NULL)
	AND d."name" IS NOT DISTINCT FROM m."dataset_name" AND d."digest" IS NOT DISTINCT FROM m."dataset_digest"
ORDER BY s."id", m."step", m."timestamp_ms", m."value";--> statement-breakpoint
DROP TABLE "run_metrics_wide";--> statement-breakpoint
DROP INDEX "run_latest_metrics_key";--> statement-breakpoint
ALTER TABLE "run_latest_metrics" ADD COLUMN "experiment_id" integer DEFAULT 0 NOT NULL, ADD COLUMN "start_ms" bigint DEFAULT 0 NOT NULL,
	ADD COLUMN "points" bigint DEFAULT 0 NOT NULL, ADD COLUMN "gaps" bigint DEFAULT 0 NOT NULL, ADD COLUMN "nans" bigint DEFAULT 0 NOT NULL,
	ADD COLUMN "least" double precision, ADD COLUMN "greatest" double precision, ADD COLUMN "first_ms" bigint DEFAULT 0 NOT NULL,
	ADD COLUMN "changed" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE "run_latest_metrics" l SET "experiment_id" = r."experiment_id", "start_ms" = r."start_ms", "points" = p."points", "gaps" = p."gaps",
	"nans" = p."nans", "least" = p."least", "greatest" = p."greatest", "first_ms" = p."first_ms"
FROM "runs" r, (
	SELECT s."run_id", s."key", count(*) FILTER (WHERE m."again" IS NULL) AS "points",
		count(*) FILTER (WHERE m."again" IS NULL AND (m."value" = 'NaN' OR abs(m."value") = 1.7976931348623157e308)) AS "gaps",
		count(*) FILTER (WHERE m."again" IS NULL AND m."value" = 'NaN') AS "nans", min(m."value") FILTER (WHERE m."value" <> 'NaN') AS "least",
		max(m."value") FILTER (WHERE m."value" <> 'NaN') AS "greatest", min(m."timestamp_ms") AS "first_ms"
	FROM "metric_series" s JOIN "run_metrics" m ON m."series_id" = s."id" GROUP BY 1, 2) p
WHERE r."id" = l."run_id" AND p."run_id" = l."run_id" AND p."key" = l."key";--> statement-breakpoint
ALTER TABLE "run_latest_metrics" ALTER COLUMN "experiment_id" DROP DEFAULT, ALTER COLUMN "start_ms" DROP DEFAULT, ALTER COLUMN "points" DROP DEFAULT,
	ALTER COLUMN "gaps" DROP DEFAULT, ALTER COLUMN "nans" DROP DEFAULT, ALTER COLUMN "first_ms" DROP DEFAULT, ALTER COLUMN "changed" DROP DEFAULT;--> statement-breakpoint
CREATE INDEX "run_latest_metrics_value" ON "run_latest_metrics" USING btree ("experiment_id","key","is_nan","value","start_ms" DESC NULLS FIRST,"run_id");--> statement-breakpoint
ALTER TABLE "run_params" ADD COLUMN "experiment_id" integer DEFAULT 0 NOT NULL, ADD COLUMN "start_ms" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE "run_params" p SET "experiment_id" = r."experiment_id", "start_ms" = r."start_ms" FROM "runs" r WHERE r."id" = p."run_id";--> statement-breakpoint
ALTER TABLE "run_params" ALTER COLUMN "experiment_id" DROP DEFAULT, ALTER COLUMN "start_ms" DROP DEFAULT;--> statement-breakpoint
CREATE INDEX "run_params_value" ON "run_params" USING btree ("experiment_id","key",(left("value", 256) collate "C"),"start_ms" DESC NULLS FIRST,"run_id");--> statement-breakpoint
DROP INDEX "runs_experiment_start";--> statement-breakpoint
CREATE INDEX "runs_experiment_newest" ON "runs" USING btree ("experiment_id","lifecycle","start_ms" DESC NULLS FIRST,"id");--> statement-breakpoint
-- Traffic by day. What is there becomes the oldest partition as it stands (nothing is copied) and ends with the present day.
ALTER TABLE "traffic_seconds" RENAME TO "traffic_seconds_before";--> statement-breakpoint
ALTER INDEX "traffic_rollout" RENAME TO "traffic_seconds_before_rollout";--> statement-breakpoint
DO $$
DECLARE
  name text := (SELECT conname FROM pg_constraint WHERE conrelid = 'traffic_seconds_before'::regclass AND contype = 'p');
BEGIN
  EXECUTE format('ALTER TABLE traffic_seconds_before RENAME CONSTRAINT %I TO traffic_seconds_before_pk', name);
  EXECUTE format('CREATE TABLE traffic_seconds (LIKE traffic_seconds_before INCLUDING DEFAULTS, CONSTRAINT %I PRIMARY KEY (deployment_id, version_id, arm, rollout_id, stage, second)) PARTITION BY RANGE (second)', name);
END $$;--> statement-breakpoint
CREATE INDEX "traffic_rollout" ON "traffic_seconds" USING btree ("rollout_id","second");--> statement-breakpoint
-- Takes what no day takes, so that a second is counted whatever its time.
CREATE TABLE "traffic_seconds_other" PARTITION OF "traffic_seconds" DEFAULT;--> statement-breakpoint
DO $$
BEGIN
  EXECUTE format('ALTER TABLE traffic_seconds ATTACH PARTITION traffic_seconds_before FOR VALUES FROM (MINVALUE) TO (%L)',
    (greatest(extract(epoch FROM now())::bigint, (SELECT max(second) FROM traffic_seconds_before)) / 86400 + 1) * 86400);
END $$;
