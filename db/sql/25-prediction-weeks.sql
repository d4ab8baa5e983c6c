-- The role that serves may not change tables; these do what the retention of predictions needs, as the owner of the tables.

-- Where a partition of `predictions` ends; null for the one that takes the rest.
CREATE OR REPLACE FUNCTION modelworks_partition_end(partition oid) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT (regexp_match(pg_get_expr(relpartbound, oid), 'TO \(''([^'']+)''\)'))[1]::timestamptz FROM pg_class WHERE oid = partition
$$;
--> statement-breakpoint
-- Makes the partitions of `weeks` weeks from `from_time` on that are missing. Returns how many.
CREATE OR REPLACE FUNCTION modelworks_add_prediction_weeks(from_time timestamptz, weeks integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  starts timestamptz;
  ends timestamptz;
  name text;
  made integer := 0;
BEGIN
  FOR week IN 0..least(weeks, 53) - 1 LOOP
    starts := (date_trunc('week', from_time AT TIME ZONE 'UTC') + make_interval(weeks => week)) AT TIME ZONE 'UTC';
    ends := starts + interval '7 days';
    name := 'predictions_w' || to_char(starts AT TIME ZONE 'UTC', 'YYYYMMDD');
    -- The oldest partition may take these times already.
    CONTINUE WHEN to_regclass(name) IS NOT NULL
      OR starts < coalesce(modelworks_partition_end(to_regclass('predictions_before')), '-infinity');
    EXECUTE format('CREATE TABLE %I (LIKE predictions INCLUDING ALL)', name);
    -- What came while there was no such week; a partition cannot begin while the rest holds rows of it.
    EXECUTE format('WITH moved AS (DELETE FROM predictions_other WHERE at >= %L AND at < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
      starts, ends, name);
    EXECUTE format('ALTER TABLE predictions ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, starts, ends);
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;
--> statement-breakpoint
-- Drops the partitions that end at or before `cutoff`. Returns their names.
CREATE OR REPLACE FUNCTION modelworks_drop_predictions_before(cutoff timestamptz) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  old regclass;
BEGIN
  FOR old IN SELECT inhrelid FROM pg_inherits
    WHERE inhparent = 'predictions'::regclass AND modelworks_partition_end(inhrelid) <= cutoff
  LOOP
    RETURN NEXT old::text;
    EXECUTE format('DROP TABLE %s', old);
  END LOOP;
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION modelworks_add_prediction_weeks(timestamptz, integer), modelworks_drop_predictions_before(timestamptz) FROM PUBLIC;
--> statement-breakpoint
DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'modelworks_app') THEN
    GRANT EXECUTE ON FUNCTION modelworks_add_prediction_weeks(timestamptz, integer), modelworks_drop_predictions_before(timestamptz)
      TO modelworks_app;
  END IF;
END $$;
