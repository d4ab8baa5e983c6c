-- Writes the points of any number of requests, and answers the places of those runs that could be written to. Of a run that is missing, deleted or
-- another team's nothing is written. Each step sees what is committed when it begins (a single statement would not), so the row of a metric in
-- `run_latest_metrics`, locked first, puts writers of one metric in line:
-- a point is once there, counted once, and either beyond all that readers may have seen, or marked as late.
-- Rows are made and locked in one order, so that two portals do not wait for each other.
CREATE OR REPLACE FUNCTION modelworks_write_metrics(run_ids text[], team_ids text[], places integer[], keys text[], steps bigint[], times bigint[],
  point_values float8[], models text[], dataset_names text[], dataset_digests text[]) RETURNS SETOF integer LANGUAGE plpgsql
-- Planned once in a connection, maybe when the tables were empty; so each look-up is written as one by index, whatever seems cheap then.
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  -- By place; null where nothing may be written.
  ids text[];
  numbers integer[];
  starts bigint[];
  me bigint := pg_current_xact_id()::text::bigint;
BEGIN
  SELECT array_agg(r.id ORDER BY w.place), array_agg(r.experiment_id ORDER BY w.place), array_agg(r.start_ms ORDER BY w.place)
    INTO ids, numbers, starts
    FROM unnest(run_ids, team_ids) WITH ORDINALITY AS w(run_id, team_id, place)
    LEFT JOIN LATERAL (SELECT * FROM runs r WHERE r.id = w.run_id AND r.team_id = w.team_id AND r.lifecycle = 'active' LIMIT 1) r ON true;

  INSERT INTO metric_series (run_id, key, model_id)
    SELECT DISTINCT ids[p.place], p.key, x.model_id FROM unnest(places, keys, models) AS p(place, key, model_id)
    CROSS JOIN LATERAL (SELECT '' UNION SELECT coalesce(p.model_id, '')) x(model_id)
    WHERE ids[p.place] IS NOT NULL
      AND (SELECT s.id FROM metric_series s WHERE s.run_id = ids[p.place] AND s.key = p.key AND s.model_id = x.model_id LIMIT 1) IS NULL
    ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING;
  IF dataset_names IS DISTINCT FROM '{}' OR dataset_digests IS DISTINCT FROM '{}' THEN
    INSERT INTO metric_datasets (name, digest)
      SELECT DISTINCT d.name, d.digest FROM unnest(dataset_names, dataset_digests) AS d(name, digest)
      WHERE (d.name IS NOT NULL OR d.digest IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM metric_datasets k WHERE k.name IS NOT DISTINCT FROM d.name AND k.digest IS NOT DISTINCT FROM d.digest)
      ORDER BY 1, 2
      ON CONFLICT DO NOTHING;
  END IF;

  PERFORM 1 FROM (SELECT DISTINCT ids[p.place] AS run_id, p.key FROM unnest(places, keys) AS p(place, key) ORDER BY 1, 2) w
    CROSS JOIN LATERAL (SELECT 1 FROM run_latest_metrics l WHERE l.run_id = w.run_id AND l.key = w.key FOR UPDATE) l;

  WITH given AS (
    -- The first of those that are equal in all but the data that they were measured on.
    SELECT DISTINCT ON (run_id, key, model_id, step, timestamp_ms, value)
      p.place, ids[p.place] AS run_id, p.key, p.step, p.timestamp_ms, p.value, coalesce(p.model_id, '') AS model_id, p.dataset_name, p.dataset_digest
    FROM unnest(places, keys, steps, times, point_values, models, dataset_names, dataset_digests) WITH ORDINALITY
      AS p(place, key, step, timestamp_ms, value, model_id, dataset_name, dataset_digest, at)
    WHERE ids[p.place] IS NOT NULL
    ORDER BY run_id, key, model_id, step, timestamp_ms, value, p.at
  ), named AS (
    SELECT w.place, w.run_id, w.key, w.model_id, s.id,
      (SELECT array_agg(o.id) FROM metric_series o WHERE o.run_id = w.run_id AND o.key = w.key AND o.id <> s.id) AS others,
      l.step AS last_step, l.timestamp_ms AS last_ms
    FROM (SELECT DISTINCT place, run_id, key, model_id FROM given) w
    CROSS JOIN LATERAL (SELECT s.id FROM metric_series s WHERE s.run_id = w.run_id AND s.key = w.key AND s.model_id = w.model_id LIMIT 1) s
    LEFT JOIN LATERAL (SELECT * FROM run_latest_metrics l WHERE l.run_id = w.run_id AND l.key = w.key LIMIT 1) l ON true
  ), points AS (
    SELECT g.*, n.id, n.others, n.last_step, n.last_ms, f.step IS NOT NULL AS has_first,
      row_number() OVER (PARTITION BY g.run_id, g.key, g.step, g.timestamp_ms, g.value ORDER BY g.model_id) AS copy,
      row_number() OVER (PARTITION BY n.id, g.step ORDER BY g.timestamp_ms, g.value) AS nth
    FROM given g JOIN named n ON n.place = g.place AND n.key = g.key AND n.model_id = g.model_id
    LEFT JOIN LATERAL (SELECT * FROM run_metrics f WHERE f.series_id = n.id AND f.step = g.step AND f.more IS NULL LIMIT 1) f ON true
    WHERE (f.timestamp_ms, f.value) IS DISTINCT FROM (g.timestamp_ms, g.value)
  ), written AS (
    INSERT INTO run_metrics AS m (series_id, step, timestamp_ms, value, dataset_id, again, more, late)
    SELECT p.id, p.step, p.timestamp_ms, p.value,
      CASE WHEN p.dataset_name IS NOT NULL OR p.dataset_digest IS NOT NULL THEN
        (SELECT d.id FROM metric_datasets d WHERE d.name IS NOT DISTINCT FROM p.dataset_name AND d.digest IS NOT DISTINCT FROM p.dataset_digest) END,
      CASE WHEN p.copy > 1 OR (p.others IS NOT NULL AND (
        EXISTS (SELECT 1 FROM run_metrics o WHERE o.series_id = ANY (p.others) AND o.step = p.step AND o.more IS NULL
          AND o.timestamp_ms = p.timestamp_ms AND o.value = p.value)
        OR EXISTS (SELECT 1 FROM run_metrics o WHERE o.series_id = ANY (p.others) AND o.step = p.step AND o.more IS NOT NULL
          AND o.timestamp_ms = p.timestamp_ms AND o.value = p.value))) THEN true END,
      CASE WHEN p.has_first OR p.nth > 1 THEN true END,
      CASE WHEN (p.step, p.timestamp_ms) <= (p.last_step, p.last_ms) THEN me END
    FROM points p ORDER BY p.id, p.step, p.nth
    ON CONFLICT (series_id, step, timestamp_ms, value) WHERE more IS NOT NULL DO NOTHING
    RETURNING m.series_id, m.step, m.timestamp_ms, m.value, m.again
  ), plain AS (
    SELECT n.place, n.key, w.step, w.timestamp_ms, CASE WHEN w.value = 'NaN' THEN 0 ELSE w.value END AS value, w.value = 'NaN' AS is_nan,
      w.again IS NULL AS once
    FROM written w JOIN named n ON n.id = w.series_id
  ), sums AS (
    SELECT place, key, count(*) FILTER (WHERE once) AS points,
      count(*) FILTER (WHERE once AND (is_nan OR abs(value) = 1.7976931348623157e308)) AS gaps, count(*) FILTER (WHERE once AND is_nan) AS nans,
      min(value) FILTER (WHERE NOT is_nan) AS least, max(value) FILTER (WHERE NOT is_nan) AS greatest, min(timestamp_ms) AS first_ms
    FROM plain GROUP BY place, key
  ), newest AS (
    -- Where all else is equal a NaN counts as 0 and comes after it: so the outcome does not depend on the order of arrival.
    SELECT DISTINCT ON (place, key) place, key, step, timestamp_ms, value, is_nan FROM plain
    ORDER BY place, key, step DESC, timestamp_ms DESC, value DESC, is_nan DESC
  )
  INSERT INTO run_latest_metrics AS k (run_id, key, step, timestamp_ms, value, is_nan, experiment_id, start_ms, points, gaps, nans, least, greatest,
    first_ms, changed)
  SELECT ids[n.place], n.key, n.step, n.timestamp_ms, n.value, n.is_nan, numbers[n.place], starts[n.place], s.points, s.gaps, s.nans, s.least,
    s.greatest, s.first_ms, me
  FROM newest n JOIN sums s USING (place, key) ORDER BY 1, 2
  ON CONFLICT (run_id, key) DO UPDATE SET
    (step, timestamp_ms, value, is_nan) = (SELECT v.step, v.timestamp_ms, v.value, v.is_nan
      FROM (VALUES (k.step, k.timestamp_ms, k.value, k.is_nan), (excluded.step, excluded.timestamp_ms, excluded.value, excluded.is_nan))
        AS v(step, timestamp_ms, value, is_nan)
      ORDER BY v.step DESC, v.timestamp_ms DESC, v.value DESC, v.is_nan DESC LIMIT 1),
    points = k.points + excluded.points, gaps = k.gaps + excluded.gaps, nans = k.nans + excluded.nans,
    least = least(k.least, excluded.least), greatest = greatest(k.greatest, excluded.greatest), first_ms = least(k.first_ms, excluded.first_ms),
    changed = excluded.changed;

  RETURN QUERY SELECT w.place::integer FROM unnest(ids) WITH ORDINALITY AS w(id, place) WHERE w.id IS NOT NULL;
END $$;
