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
CREATE OR REPLACE TRIGGER log_leaf_is_next BEFORE INSERT ON log_leaves FOR EACH ROW EXECUTE FUNCTION log_leaf_is_next();
--> statement-breakpoint
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['log_nodes', 'log_checkpoints', 'gate_verdicts', 'public_keys']
  LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', name || '_append_only', name);
    EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name || '_no_truncate', name);
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
CREATE OR REPLACE TRIGGER policy_is_fixed BEFORE UPDATE OR DELETE ON policies FOR EACH ROW EXECUTE FUNCTION policy_is_fixed();
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
CREATE OR REPLACE TRIGGER review_four_eyes BEFORE INSERT ON review_decisions FOR EACH ROW EXECUTE FUNCTION review_four_eyes();
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
CREATE OR REPLACE TRIGGER review_steps BEFORE UPDATE ON reviews FOR EACH ROW EXECUTE FUNCTION review_steps();
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
CREATE OR REPLACE TRIGGER review_starts_open BEFORE INSERT ON reviews FOR EACH ROW EXECUTE FUNCTION review_starts_open();
