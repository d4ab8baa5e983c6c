-- Portals and gateways remember for a moment what a token may do, and hold streams open for sessions; a change tells them at once.
CREATE OR REPLACE FUNCTION tell_access_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('mw_access', '');
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER access_of_tokens AFTER UPDATE OF hash, scopes, expires_at, revoked_at OR DELETE ON api_tokens
  FOR EACH STATEMENT EXECUTE FUNCTION tell_access_changed();
--> statement-breakpoint
CREATE OR REPLACE TRIGGER access_of_users AFTER UPDATE OF name, disabled_at, is_platform_admin, session_version, active_team_id OR DELETE ON users
  FOR EACH STATEMENT EXECUTE FUNCTION tell_access_changed();
--> statement-breakpoint
CREATE OR REPLACE TRIGGER access_of_members AFTER INSERT OR UPDATE OR DELETE ON memberships
  FOR EACH STATEMENT EXECUTE FUNCTION tell_access_changed();
--> statement-breakpoint
CREATE OR REPLACE TRIGGER access_of_sessions AFTER UPDATE OF ended_at OR DELETE ON sessions
  FOR EACH STATEMENT EXECUTE FUNCTION tell_access_changed();
--> statement-breakpoint
-- A raised version ends all sessions of a person; their rows say so too, so that no list shows them as open.
CREATE OR REPLACE FUNCTION end_sessions_of() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sessions SET ended_at = now() WHERE user_id = NEW.id AND ended_at IS NULL;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER sessions_end_with_version AFTER UPDATE OF session_version ON users
  FOR EACH ROW WHEN (NEW.session_version IS DISTINCT FROM OLD.session_version) EXECUTE FUNCTION end_sessions_of();
