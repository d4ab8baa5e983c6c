-- The audit log is append-only and hash-chained. The trigger takes one lock, so sequence and chain have no gaps; it is held
-- until the transaction ends, which is why verbs write their audit row late.
CREATE OR REPLACE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last_seq bigint;
  last_hash text;
BEGIN
  PERFORM pg_advisory_xact_lock(7203001);
  SELECT seq, hash INTO last_seq, last_hash FROM audit_log ORDER BY seq DESC LIMIT 1;
  NEW.seq := coalesce(last_seq, 0) + 1;
  NEW.prev_hash := coalesce(last_hash, repeat('0', 64));
  NEW.hash := encode(sha256(convert_to(NEW.prev_hash || E'\n' || NEW.seq::text || E'\n' || NEW.payload, 'UTF8')), 'hex');
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER audit_chain BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_chain();
--> statement-breakpoint
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['audit_log', 'log_leaves', 'attestations', 'review_decisions', 'model_card_revisions', 'outbox_events', 'dataset_versions', 'dataset_files', 'model_version_files']
  LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', name || '_append_only', name);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name || '_no_truncate', name);
  END LOOP;
END $$;
--> statement-breakpoint
-- The role that serves requests may add to the append-only tables and read them, nothing else. Where the connecting role may
-- not create roles (a managed database), the triggers above are the guard that remains.
DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'modelworks_app') THEN
    BEGIN
      CREATE ROLE modelworks_app NOLOGIN;
    EXCEPTION WHEN insufficient_privilege THEN
      RAISE NOTICE 'role modelworks_app is missing and cannot be created here';
    END;
  END IF;
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'modelworks_app') THEN
    GRANT USAGE ON SCHEMA public TO modelworks_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO modelworks_app;
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO modelworks_app;
    REVOKE UPDATE, DELETE, TRUNCATE ON audit_log, log_leaves, log_nodes, log_checkpoints, gate_verdicts, public_keys, attestations, review_decisions, model_card_revisions, outbox_events, dataset_versions, dataset_files, model_version_files FROM modelworks_app;
  END IF;
END $$;
--> statement-breakpoint
-- The transparency log grows by exactly one leaf at a time, whoever writes it.
CREATE OR REPLACE FUNCTION log_leaf_is_next() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last_index bigint;
BEGIN
  SELECT max(index) INTO last_index FROM log_leaves;
  IF NEW.index <> coalesce(last_index, -1) + 1 THEN
    RAISE EXCEPTION 'log leaf % does not follow %', NEW.index, coalesce(last_index, -1) USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER log_leaf_is_next BEFORE INSERT ON log_leaves FOR EACH ROW EXECUTE FUNCTION log_leaf_is_next();
--> statement-breakpoint
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['log_nodes', 'log_checkpoints', 'gate_verdicts', 'public_keys']
  LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', name || '_append_only', name);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name || '_no_truncate', name);
  END LOOP;
END $$;
--> statement-breakpoint
-- A policy document never changes; it is only retired or made current again.
CREATE OR REPLACE FUNCTION policy_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'policies are kept' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (to_jsonb(NEW) - 'retired_at') <> (to_jsonb(OLD) - 'retired_at') THEN
    RAISE EXCEPTION 'policy % is fixed; write a new version', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER policy_is_fixed BEFORE UPDATE OR DELETE ON policies FOR EACH ROW EXECUTE FUNCTION policy_is_fixed();
--> statement-breakpoint
-- Four eyes: nobody who asked for, made or last edited the subject decides its review; only people of the team with the right
-- role at this moment do, in person or by a token of theirs that says so by name and is no job's; and only on the digests that the
-- review is bound to.
CREATE OR REPLACE FUNCTION review_four_eyes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  review reviews%ROWTYPE;
  team_role text;
BEGIN
  IF NEW.decision = 'comment' THEN
    RETURN NEW;
  END IF;
  SELECT * INTO review FROM reviews WHERE id = NEW.review_id FOR UPDATE;
  IF review.state <> 'open' THEN
    RAISE EXCEPTION 'review % is %', review.id, review.state USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.reviewer_id = review.requested_by OR NEW.reviewer_id = ANY (review.excluded_ids) THEN
    RAISE EXCEPTION '% may not decide review %: four eyes', NEW.reviewer_id, review.id USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.bound_digests <> review.bound_digests THEN
    RAISE EXCEPTION 'the decision on review % is about other digests', review.id USING ERRCODE = 'check_violation';
  END IF;
  SELECT m.role INTO team_role
    FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE m.team_id = review.team_id AND m.user_id = NEW.reviewer_id AND u.disabled_at IS NULL
    FOR SHARE OF m;
  IF team_role IS NULL OR team_role NOT IN ('reviewer', 'admin') THEN
    RAISE EXCEPTION '% is no reviewer of this team', NEW.reviewer_id USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.actor_kind = 'token' AND NOT EXISTS (
    SELECT 1 FROM api_tokens t
    WHERE t.id = NEW.token_id AND t.user_id = NEW.reviewer_id AND t.team_id = review.team_id AND t.job_id IS NULL
      AND t.revoked_at IS NULL AND t.expires_at > now() AND 'review' = ANY (t.scopes)
  ) THEN
    RAISE EXCEPTION 'token % may not decide review %', NEW.token_id, review.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER review_four_eyes BEFORE INSERT ON review_decisions FOR EACH ROW EXECUTE FUNCTION review_four_eyes();
--> statement-breakpoint
-- What a review is about never changes, the list of people kept out only grows, and no state is reached without its decision.
CREATE OR REPLACE FUNCTION review_steps() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE needed text;
BEGIN
  IF (NEW.team_id, NEW.subject_kind, NEW.subject_id, NEW.environment, NEW.requested_by, NEW.bound_digests, NEW.rationale)
     IS DISTINCT FROM
     (OLD.team_id, OLD.subject_kind, OLD.subject_id, OLD.environment, OLD.requested_by, OLD.bound_digests, OLD.rationale) THEN
    RAISE EXCEPTION 'review % is about something fixed; open a new one', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  IF NOT (NEW.excluded_ids @> OLD.excluded_ids) THEN
    RAISE EXCEPTION 'people kept out of review % stay out', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state = OLD.state THEN
    RETURN NEW;
  END IF;
  IF NOT (OLD.state = 'open' OR (OLD.state = 'approved' AND NEW.state = 'void')) THEN
    RAISE EXCEPTION 'review % is % and cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  needed := CASE NEW.state WHEN 'approved' THEN 'approve' WHEN 'changes_requested' THEN 'request_changes' WHEN 'rejected' THEN 'reject' END;
  IF needed IS NOT NULL AND NOT EXISTS (SELECT 1 FROM review_decisions d WHERE d.review_id = NEW.id AND d.decision = needed) THEN
    RAISE EXCEPTION 'review % has no decision %', OLD.id, needed USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER review_steps BEFORE UPDATE ON reviews FOR EACH ROW EXECUTE FUNCTION review_steps();
--> statement-breakpoint
CREATE OR REPLACE FUNCTION review_starts_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> 'open' THEN
    RAISE EXCEPTION 'a review begins open' USING ERRCODE = 'check_violation';
  END IF;
  IF NOT (NEW.requested_by = ANY (NEW.excluded_ids)) THEN
    RAISE EXCEPTION 'the requester of a review is kept out of deciding it' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER review_starts_open BEFORE INSERT ON reviews FOR EACH ROW EXECUTE FUNCTION review_starts_open();
--> statement-breakpoint
-- Portals and gateways remember for a moment what a token may do; a change of it tells them at once.
CREATE OR REPLACE FUNCTION tell_access_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('mw_access', '');
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER access_of_tokens AFTER UPDATE OF hash, scopes, expires_at, revoked_at OR DELETE ON api_tokens
  FOR EACH STATEMENT EXECUTE FUNCTION tell_access_changed();
--> statement-breakpoint
CREATE TRIGGER access_of_users AFTER UPDATE OF name, disabled_at, is_platform_admin OR DELETE ON users
  FOR EACH STATEMENT EXECUTE FUNCTION tell_access_changed();
--> statement-breakpoint
CREATE TRIGGER access_of_members AFTER INSERT OR UPDATE OR DELETE ON memberships
  FOR EACH STATEMENT EXECUTE FUNCTION tell_access_changed();
