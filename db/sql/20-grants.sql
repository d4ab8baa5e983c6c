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
    REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON blob_refs FROM modelworks_app;
    GRANT EXECUTE ON FUNCTION modelworks_seal_audit(integer) TO modelworks_app;
  END IF;
END $$;
