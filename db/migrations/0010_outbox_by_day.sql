CREATE TABLE "tick_leases" (
	"name" text PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"token" bigint NOT NULL,
	"expires_at" timestamp (6) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox_queue" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_queue_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"event_id" text NOT NULL,
	"event_at" timestamp (6) with time zone NOT NULL,
	"type" text NOT NULL
);
--> statement-breakpoint
-- Events and deliveries by day. What is there becomes the oldest day, which ends with today; the marks that said which events had their
-- deliveries written go, and an event without one goes into the queue.
ALTER TABLE "outbox_events" RENAME TO "outbox_events_old";--> statement-breakpoint
ALTER TABLE "outbox_deliveries" RENAME TO "outbox_deliveries_old";--> statement-breakpoint
CREATE TABLE "outbox_events" (
	"id" text NOT NULL,
	"type" text NOT NULL,
	"team_id" text,
	"payload" jsonb NOT NULL,
	"actor_id" text NOT NULL,
	"request_id" text NOT NULL,
	"created_at" timestamp (6) with time zone NOT NULL,
	CONSTRAINT "outbox_events_created_at_id_pk" PRIMARY KEY("created_at","id")
) PARTITION BY RANGE ("created_at");
--> statement-breakpoint
CREATE TABLE "outbox_deliveries" (
	"event_at" timestamp (6) with time zone NOT NULL,
	"event_id" text NOT NULL,
	"handler" text NOT NULL,
	"seq" bigint NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"last_error" text,
	"finished_at" timestamp (6) with time zone,
	CONSTRAINT "outbox_deliveries_event_at_event_id_handler_pk" PRIMARY KEY("event_at","event_id","handler")
) PARTITION BY RANGE ("event_at");
--> statement-breakpoint
-- These take what no day takes, so that an event is stored whatever its time.
CREATE TABLE "outbox_events_other" PARTITION OF "outbox_events" DEFAULT;--> statement-breakpoint
CREATE TABLE "outbox_deliveries_other" PARTITION OF "outbox_deliveries" DEFAULT;--> statement-breakpoint
DO $$
DECLARE ends timestamptz := (date_trunc('day', greatest(now(), (SELECT max(created_at) FROM outbox_events_old)) AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC';
BEGIN
  EXECUTE format('CREATE TABLE outbox_events_before PARTITION OF outbox_events FOR VALUES FROM (MINVALUE) TO (%L)', ends);
  EXECUTE format('CREATE TABLE outbox_deliveries_before PARTITION OF outbox_deliveries FOR VALUES FROM (MINVALUE) TO (%L)', ends);
END $$;
--> statement-breakpoint
INSERT INTO "outbox_events" (id, type, team_id, payload, actor_id, request_id, created_at)
	SELECT id, type, team_id, payload, actor_id, request_id, created_at FROM "outbox_events_old";--> statement-breakpoint
INSERT INTO "outbox_deliveries" (event_at, event_id, handler, seq, state, attempts, next_attempt_at, last_error, finished_at)
	SELECT e.created_at, d.event_id, d.handler, e.seq, d.state, d.attempts, d.next_attempt_at, d.last_error, d.finished_at
	FROM "outbox_deliveries_old" d JOIN "outbox_events_old" e ON e.id = d.event_id WHERE d.handler <> '·fan-out';--> statement-breakpoint
INSERT INTO "outbox_queue" (seq, event_id, event_at, type) OVERRIDING SYSTEM VALUE
	SELECT e.seq, e.id, e.created_at, e.type FROM "outbox_events_old" e
	WHERE NOT EXISTS (SELECT 1 FROM "outbox_deliveries_old" d WHERE d.event_id = e.id AND d.handler = '·fan-out');--> statement-breakpoint
SELECT setval('outbox_queue_seq_seq', max(seq)) FROM "outbox_events_old" HAVING max(seq) IS NOT NULL;--> statement-breakpoint
DROP TABLE "outbox_deliveries_old";--> statement-breakpoint
DROP TABLE "outbox_events_old";--> statement-breakpoint
CREATE INDEX "outbox_deliveries_due" ON "outbox_deliveries" USING btree ("next_attempt_at","seq") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "outbox_deliveries_dead" ON "outbox_deliveries" USING btree ("next_attempt_at") WHERE state = 'dead';
