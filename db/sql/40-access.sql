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
