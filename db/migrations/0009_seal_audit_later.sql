-- What was a row's number becomes its position, with its key and indexes; its place in the chain is the same number, as a column that new rows
-- get later. The change of type writes the table anew without calling the triggers that keep its rows as they are.
ALTER TABLE "audit_log" RENAME COLUMN "seq" TO "position";--> statement-breakpoint
ALTER INDEX "audit_team_seq" RENAME TO "audit_team_position";--> statement-breakpoint
ALTER TABLE "audit_log" ADD COLUMN "seq" bigint, ADD COLUMN "id" uuid DEFAULT gen_random_uuid() NOT NULL;--> statement-breakpoint
ALTER TABLE "audit_log" ALTER COLUMN "seq" TYPE bigint USING "position", ALTER COLUMN "prev_hash" DROP NOT NULL, ALTER COLUMN "hash" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "audit_log" ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (sequence name "audit_log_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1);--> statement-breakpoint
SELECT setval('audit_log_position_seq', max("position")) FROM "audit_log" HAVING max("position") IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "audit_sealed" ON "audit_log" USING btree ("seq") WHERE seq is not null;--> statement-breakpoint
CREATE INDEX "audit_unsealed" ON "audit_log" USING btree ("position") WHERE seq is null;--> statement-breakpoint
ALTER TABLE "audit_log" ADD CONSTRAINT "audit_sealed_whole" CHECK (num_nulls(seq, prev_hash, hash) in (0, 3));
