-- Who refers to a blob: a row for each row that names one, kept by triggers of the tables that do, so that no writer can forget it. Each referring
-- row owns exactly its own references: two writers never wait for, or undo, what the other does. A reference locks its blob's row (foreign key), so that
-- whoever would delete a blob comes before or after it.
CREATE OR REPLACE FUNCTION blob_ref_owner(owner jsonb, keys text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT string_agg(owner ->> k.name, '/' ORDER BY k.place) FROM unnest(string_to_array(keys, ',')) WITH ORDINALITY AS k(name, place)
$$;
--> statement-breakpoint
-- Arguments: kind of the owner, columns of its key, column of the digest, column of the size.
CREATE OR REPLACE FUNCTION keep_blob_ref() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
  was text := before ->> TG_ARGV[2];
  now_is text := after ->> TG_ARGV[2];
  was_of text := blob_ref_owner(before, TG_ARGV[1]);
  is_of text := blob_ref_owner(after, TG_ARGV[1]);
BEGIN
  IF (was, was_of) IS NOT DISTINCT FROM (now_is, is_of) THEN
    RETURN NULL;
  END IF;
  IF was IS NOT NULL THEN
    DELETE FROM blob_refs WHERE digest = was AND owner_kind = TG_ARGV[0] AND owner_id = was_of;
  END IF;
  IF now_is IS NOT NULL THEN
    INSERT INTO blobs (digest, size_bytes) VALUES (now_is, coalesce((after ->> TG_ARGV[3])::bigint, 0)) ON CONFLICT DO NOTHING;
    INSERT INTO blob_refs (digest, owner_kind, owner_id) VALUES (now_is, TG_ARGV[0], is_of) ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
-- A job holds the files of its code within its specification.
CREATE OR REPLACE FUNCTION keep_job_code_refs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM blob_refs USING jsonb_array_elements(coalesce(OLD.spec #> '{code,files}', '[]')) AS f
      WHERE digest = f ->> 'digest' AND owner_kind = 'job_code' AND owner_id = OLD.id || '/' || (f ->> 'path');
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO blobs (digest, size_bytes)
      SELECT f ->> 'digest', (f ->> 'sizeBytes')::bigint FROM jsonb_array_elements(coalesce(NEW.spec #> '{code,files}', '[]')) AS f
      ON CONFLICT DO NOTHING;
    INSERT INTO blob_refs (digest, owner_kind, owner_id)
      SELECT f ->> 'digest', 'job_code', NEW.id || '/' || (f ->> 'path') FROM jsonb_array_elements(coalesce(NEW.spec #> '{code,files}', '[]')) AS f
      ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER artifacts_blob_ref AFTER INSERT OR UPDATE OF root, path, digest OR DELETE ON artifacts FOR EACH ROW EXECUTE FUNCTION keep_blob_ref('artifact', 'root,path', 'digest', 'size_bytes');
--> statement-breakpoint
CREATE OR REPLACE TRIGGER dataset_files_blob_ref AFTER INSERT OR UPDATE OF version_id, path, digest OR DELETE ON dataset_files FOR EACH ROW EXECUTE FUNCTION keep_blob_ref('dataset_file', 'version_id,path', 'digest', 'size_bytes');
--> statement-breakpoint
CREATE OR REPLACE TRIGGER uploads_blob_ref AFTER INSERT OR UPDATE OF id, blob_digest OR DELETE ON uploads FOR EACH ROW EXECUTE FUNCTION keep_blob_ref('upload', 'id', 'blob_digest', 'size_bytes');
--> statement-breakpoint
CREATE OR REPLACE TRIGGER model_version_files_blob_ref AFTER INSERT OR UPDATE OF version_id, path, digest OR DELETE ON model_version_files FOR EACH ROW EXECUTE FUNCTION keep_blob_ref('model_version_file', 'version_id,path', 'digest', 'size_bytes');
--> statement-breakpoint
CREATE OR REPLACE TRIGGER job_outputs_blob_ref AFTER INSERT OR UPDATE OF job_id, path, digest OR DELETE ON job_outputs FOR EACH ROW EXECUTE FUNCTION keep_blob_ref('job_output', 'job_id,path', 'digest', 'size_bytes');
--> statement-breakpoint
CREATE OR REPLACE TRIGGER job_attempts_blob_ref AFTER INSERT OR UPDATE OF id, log_digest OR DELETE ON job_attempts FOR EACH ROW EXECUTE FUNCTION keep_blob_ref('job_log', 'id', 'log_digest', 'log_size_bytes');
--> statement-breakpoint
CREATE OR REPLACE TRIGGER jobs_code_refs AFTER INSERT OR UPDATE OF id, spec OR DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION keep_job_code_refs();
--> statement-breakpoint
-- What a scan of everything finds: what `blob_refs` must equal at any time.
CREATE OR REPLACE VIEW blob_refs_by_scan AS
  SELECT digest, 'artifact' AS owner_kind, root || '/' || path AS owner_id, size_bytes FROM artifacts
  UNION ALL SELECT digest, 'dataset_file', version_id || '/' || path, size_bytes FROM dataset_files
  UNION ALL SELECT blob_digest, 'upload', id, coalesce(size_bytes, 0) FROM uploads WHERE blob_digest IS NOT NULL
  UNION ALL SELECT digest, 'model_version_file', version_id || '/' || path, size_bytes FROM model_version_files
  UNION ALL SELECT digest, 'job_output', job_id || '/' || path, size_bytes FROM job_outputs
  UNION ALL SELECT log_digest, 'job_log', id, coalesce(log_size_bytes, 0) FROM job_attempts WHERE log_digest IS NOT NULL
  UNION ALL SELECT f ->> 'digest', 'job_code', j.id || '/' || (f ->> 'path'), (f ->> 'sizeBytes')::bigint
    FROM jobs j, jsonb_array_elements(coalesce(j.spec #> '{code,files}', '[]')) AS f;
--> statement-breakpoint
-- Once, for what was there before the triggers.
INSERT INTO blobs (digest, size_bytes)
  SELECT digest, max(size_bytes) FROM blob_refs_by_scan WHERE NOT EXISTS (SELECT 1 FROM blob_refs) GROUP BY digest ON CONFLICT DO NOTHING;
--> statement-breakpoint
INSERT INTO blob_refs (digest, owner_kind, owner_id)
  SELECT digest, owner_kind, owner_id FROM blob_refs_by_scan WHERE NOT EXISTS (SELECT 1 FROM blob_refs) ON CONFLICT DO NOTHING;
