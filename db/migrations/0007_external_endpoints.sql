CREATE TABLE "endpoint_credentials" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"hosts" jsonb NOT NULL,
	"key_id" text NOT NULL,
	"sealed" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"updated_by" text NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "model_versions" ADD COLUMN "endpoint" jsonb;--> statement-breakpoint
CREATE UNIQUE INDEX "endpoint_credentials_name" ON "endpoint_credentials" USING btree ("team_id","name");