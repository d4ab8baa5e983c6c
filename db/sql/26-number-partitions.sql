-- Tables partitioned by a number: points of metrics by month, seconds of traffic by day. The role that serves may not change tables; these do it as
-- the owner. A series' number begins with its day (`metric_series.id`), so a month of them is a range of numbers.

-- Where a partition ends; null for the one that takes the rest.
CREATE OR REPLACE FUNCTION modelworks_partition_end_number(partition oid) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT (regexp_match(pg_get_expr(relpartbound, oid), 'TO \(''?(-?\d+)''?\)'))[1]::bigint FROM pg_class WHERE oid = partition
$$;
--> statement-breakpoint
-- Makes a partition that is missing, and moves what came while there was none. Returns whether it was made.
CREATE OR REPLACE FUNCTION modelworks_add_number_partition(parent text, by_column text, name text, starts bigint, ends bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  -- The oldest partition may take these numbers already.
  IF to_regclass(name) IS NOT NULL OR starts < coalesce(modelworks_partition_end_number(to_regclass(parent || '_before')), -1) THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, parent);
  -- A partition cannot begin while the rest holds rows of it.
  EXECUTE format('WITH moved AS (DELETE FROM %1$I WHERE %2$I >= %3$s AND %2$I < %4$s RETURNING *) INSERT INTO %5$I SELECT * FROM moved',
    parent || '_other', by_column, starts, ends, name);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, name, starts, ends);
  RETURN true;
END $$;
--> statement-breakpoint
-- Makes the partitions of `months` months from `from_time` on that are missing. Returns how many.
CREATE OR REPLACE FUNCTION modelworks_add_metric_months(from_time timestamptz, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  starts timestamp;
  ends timestamp;
  made integer := 0;
BEGIN
  FOR month IN 0..least(months, 60) - 1 LOOP
    starts := date_trunc('month', from_time AT TIME ZONE 'UTC') + make_interval(months => month);
    ends := starts + interval '1 month';
    made := made + modelworks_add_number_partition('run_metrics', 'series_id', 'run_metrics_m' || to_char(starts, 'YYYYMM'),
      (extract(epoch FROM starts)::bigint / 86400) << 32, (extract(epoch FROM ends)::bigint / 86400) << 32)::integer;
  END LOOP;
  RETURN made;
END $$;
--> statement-breakpoint
-- Makes the partitions of `days` days from `from_time` on that are missing. Returns how many.
CREATE OR REPLACE FUNCTION modelworks_add_traffic_days(from_time timestamptz, days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  starts bigint;
  made integer := 0;
BEGIN
  FOR day IN 0..least(days, 366) - 1 LOOP
    starts := (extract(epoch FROM from_time)::bigint / 86400 + day) * 86400;
    made := made + modelworks_add_number_partition('traffic_seconds', 'second',
      'traffic_seconds_d' || to_char(to_timestamp(starts) AT TIME ZONE 'UTC', 'YYYYMMDD'), starts, starts + 86400)::integer;
  END LOOP;
  RETURN made;
END $$;
--> statement-breakpoint
-- Drops the days that end at or before `cutoff`. Returns their names.
CREATE OR REPLACE FUNCTION modelworks_drop_traffic_before(cutoff timestamptz) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  old regclass;
BEGIN
  FOR old IN SELECT inhrelid FROM pg_inherits
    WHERE inhparent = 'traffic_seconds'::regclass AND modelworks_partition_end_number(inhrelid) <= extract(epoch FROM cutoff)
  LOOP
    RETURN NEXT old::text;
    EXECUTE format('DROP TABLE %s', old);
  END LOOP;
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION modelworks_add_metric_months(timestamptz, integer), modelworks_add_traffic_days(timestamptz, integer),
  modelworks_drop_traffic_before(timestamptz) FROM PUBLIC;
--> statement-breakpoint
DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'modelworks_app') THEN
    GRANT EXECUTE ON FUNCTION modelworks_add_metric_months(timestamptz, integer), modelworks_add_traffic_days(timestamptz, integer),
      modelworks_drop_traffic_before(timestamptz) TO modelworks_app;
  END IF;
END $$;
