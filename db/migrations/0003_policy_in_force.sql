ALTER TABLE "registered_models" ADD COLUMN "alias_protection" jsonb;--> statement-breakpoint
ALTER TABLE "policies" ADD COLUMN "activated_at" timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "policies" ADD COLUMN "activated_by" text;