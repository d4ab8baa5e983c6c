-- The audit log is append-only and hash-chained. A row is written in the transaction that it tells of, under no lock, and has no place in the
-- chain yet. `modelworks_seal_audit` gives it one, soon after. The row itself says that it waits, so one that commits late is sealed late and none is passed over;
-- a row's position is given before its transaction commits, so what was done after a commit stands after it in the chain as well.
CREATE OR REPLACE FUNCTION audit_begins_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.position <> currval('audit_log_position_seq') THEN
    RAISE EXCEPTION 'audit_log gives positions itself' USING ERRCODE = 'insufficient_privilege';
  END IF;
  NEW.seq := NULL;
  NEW.prev_hash := NULL;
  NEW.hash := NULL;
  RETURN NEW;
END $$;
--> statement-breakpoint
DROP TRIGGER IF EXISTS audit_chain ON audit_log;
--> statement-breakpoint
DROP FUNCTION IF EXISTS audit_chain();
--> statement-breakpoint
CREATE OR REPLACE TRIGGER audit_begins_unsealed BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_begins_unsealed();
--> statement-breakpoint
-- The only change of a row: it becomes the next link of the chain, once. Whoever asks for it, the link must fit.
CREATE OR REPLACE FUNCTION audit_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sealed audit_log%ROWTYPE := OLD;
  last_hash text;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.seq IS NULL AND NEW.seq IS NOT NULL THEN
    sealed.seq := NEW.seq;
    sealed.prev_hash := CASE WHEN NEW.seq = 1 THEN repeat('0', 64) END;
    IF NEW.seq > 1 THEN
      SELECT hash INTO sealed.prev_hash FROM audit_log WHERE seq = NEW.seq - 1;
    END IF;
    sealed.hash := encode(sha256(convert_to(sealed.prev_hash || E'\n' || sealed.seq::text || E'\n' || OLD.payload, 'UTF8')), 'hex');
    IF sealed.hash IS NOT NULL AND NEW IS NOT DISTINCT FROM sealed THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'audit_log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
DROP TRIGGER IF EXISTS audit_log_append_only ON audit_log;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER audit_is_fixed BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_is_fixed();
--> statement-breakpoint
-- Seals up to `most` of the rows that wait, in the order of their positions, as the owner of the table: the role that serves may not update it.
-- Returns how many; nothing when another session is at it.
CREATE OR REPLACE FUNCTION modelworks_seal_audit(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  waiting record;
  last_seq bigint;
  last_hash text;
  sealed integer := 0;
BEGIN
  IF NOT pg_try_advisory_xact_lock(7203001) THEN
    RETURN 0;
  END IF;
  SELECT seq, hash INTO last_seq, last_hash FROM audit_log WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1;
  last_seq := coalesce(last_seq, 0);
  last_hash := coalesce(last_hash, repeat('0', 64));
  FOR waiting IN SELECT position, payload FROM audit_log WHERE seq IS NULL ORDER BY position LIMIT most LOOP
    last_seq := last_seq + 1;
    UPDATE audit_log SET seq = last_seq, prev_hash = last_hash,
        hash = encode(sha256(convert_to(last_hash || E'\n' || last_seq::text || E'\n' || waiting.payload, 'UTF8')), 'hex')
      WHERE position = waiting.position RETURNING hash INTO last_hash;
    sealed := sealed + 1;
  END LOOP;
  RETURN sealed;
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION modelworks_seal_audit(integer) FROM PUBLIC;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['log_leaves', 'attestations', 'review_decisions', 'model_card_revisions', 'dataset_versions', 'dataset_files', 'model_version_files']
  LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', name || '_append_only', name);
    EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name || '_no_truncate', name);
  END LOOP;
END $$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
