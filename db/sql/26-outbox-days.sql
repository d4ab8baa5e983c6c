-- Events never change. They leave with their day, by the functions below alone.
CREATE OR REPLACE FUNCTION events_are_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('modelworks.events_leave', true) = 'on' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER outbox_events_append_only BEFORE UPDATE OR DELETE ON outbox_events FOR EACH ROW EXECUTE FUNCTION events_are_fixed();
--> statement-breakpoint
CREATE OR REPLACE TRIGGER outbox_events_no_truncate BEFORE TRUNCATE ON outbox_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- Makes what is missing of `days` days of events and deliveries from `from_time` on. Returns how many days.
CREATE OR REPLACE FUNCTION modelworks_add_outbox_days(from_time timestamptz, days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  starts timestamptz;
  ends timestamptz;
  day text;
  made integer := 0;
BEGIN
  -- For this transaction; a setting of the function itself takes a superuser, whom a database of one's own may not have.
  PERFORM set_config('modelworks.events_leave', 'on', true);
  FOR number IN 0..least(days, 60) - 1 LOOP
    starts := (date_trunc('day', from_time AT TIME ZONE 'UTC') + make_interval(days => number)) AT TIME ZONE 'UTC';
    ends := starts + interval '1 day';
    day := 'd' || to_char(starts AT TIME ZONE 'UTC', 'YYYYMMDD');
    CONTINUE WHEN to_regclass('outbox_events_' || day) IS NOT NULL
      OR starts < coalesce(modelworks_partition_end(to_regclass('outbox_events_before')), '-infinity');
    EXECUTE format('CREATE TABLE %I (LIKE outbox_events INCLUDING ALL)', 'outbox_events_' || day);
    EXECUTE format('CREATE TABLE %I (LIKE outbox_deliveries INCLUDING ALL)', 'outbox_deliveries_' || day);
    -- What came while there was no such day; a partition cannot begin while the rest holds rows of it.
    EXECUTE format('WITH moved AS (DELETE FROM outbox_events_other WHERE created_at >= %L AND created_at < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
      starts, ends, 'outbox_events_' || day);
    EXECUTE format('WITH moved AS (DELETE FROM outbox_deliveries_other WHERE event_at >= %L AND event_at < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
      starts, ends, 'outbox_deliveries_' || day);
    EXECUTE format('ALTER TABLE outbox_events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', 'outbox_events_' || day, starts, ends);
    EXECUTE format('ALTER TABLE outbox_deliveries ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', 'outbox_deliveries_' || day, starts, ends);
    made := made + 1;
  END LOOP;
  PERFORM set_config('modelworks.events_leave', 'off', true);
  RETURN made;
END $$;
--> statement-breakpoint
-- Drops the days that end at or before `cutoff`. What is not decided, a delivery that waits or was given up, stays with its event, in the partitions
-- for the rest, from which it goes once it is decided. Returns how many days went.
CREATE OR REPLACE FUNCTION modelworks_drop_outbox_before(cutoff timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  events regclass;
  deliveries regclass;
  dropped integer := 0;
BEGIN
  -- For this transaction; a setting of the function itself takes a superuser, whom a database of one's own may not have.
  PERFORM set_config('modelworks.events_leave', 'on', true);
  FOR events IN SELECT inhrelid FROM pg_inherits
    WHERE inhparent = 'outbox_events'::regclass AND modelworks_partition_end(inhrelid) <= cutoff
  LOOP
    deliveries := replace(events::text, 'outbox_events_', 'outbox_deliveries_')::regclass;
    -- From here on nobody else writes deliveries until this ends, so that none of an event of this day comes after it was looked for.
    EXECUTE format('ALTER TABLE outbox_deliveries DETACH PARTITION %s', deliveries);
    EXECUTE format('ALTER TABLE outbox_events DETACH PARTITION %s', events);
    EXECUTE format('INSERT INTO outbox_deliveries SELECT * FROM %s WHERE state = ''pending'' OR state = ''dead''', deliveries);
    EXECUTE format('INSERT INTO outbox_events SELECT * FROM %s WHERE (created_at, id) IN
      (SELECT event_at, event_id FROM outbox_deliveries_other UNION SELECT event_at, event_id FROM outbox_queue)', events);
    EXECUTE format('DROP TABLE %s', deliveries);
    EXECUTE format('DROP TABLE %s', events);
    dropped := dropped + 1;
  END LOOP;
  DELETE FROM outbox_deliveries_other WHERE event_at < cutoff AND state = 'done';
  DELETE FROM outbox_events_other e WHERE created_at < cutoff
    AND NOT EXISTS (SELECT 1 FROM outbox_deliveries_other d WHERE d.event_at = e.created_at AND d.event_id = e.id)
    AND NOT EXISTS (SELECT 1 FROM outbox_queue q WHERE q.event_id = e.id);
  PERFORM set_config('modelworks.events_leave', 'off', true);
  RETURN dropped;
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION modelworks_add_outbox_days(timestamptz, integer), modelworks_drop_outbox_before(timestamptz) FROM PUBLIC;
--> statement-breakpoint
DO $$
DECLARE day regclass;
BEGIN
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'modelworks_app') THEN
    GRANT EXECUTE ON FUNCTION modelworks_add_outbox_days(timestamptz, integer), modelworks_drop_outbox_before(timestamptz) TO modelworks_app;
    FOR day IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'outbox_events'::regclass LOOP
      EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM modelworks_app', day);
    END LOOP;
  END IF;
END $$;
