CREATE TABLE "audit_log" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"at" timestamp (6) with time zone NOT NULL,
	"team_id" text,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"actor_name" text NOT NULL,
	"action" text NOT NULL,
	"subject_kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"payload" text NOT NULL,
	"prev_hash" text NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "blobs" (
	"digest" text PRIMARY KEY NOT NULL,
	"size_bytes" bigint NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"actor_id" text NOT NULL,
	"key" text NOT NULL,
	"route" text NOT NULL,
	"request_digest" text NOT NULL,
	"status" integer,
	"body" text,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_actor_id_route_key_pk" PRIMARY KEY("actor_id","route","key")
);
--> statement-breakpoint
CREATE TABLE "lineage_edges" (
	"team_id" text NOT NULL,
	"from_kind" text NOT NULL,
	"from_id" text NOT NULL,
	"to_kind" text NOT NULL,
	"to_id" text NOT NULL,
	"relation" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "lineage_edges_from_kind_from_id_to_kind_to_id_relation_pk" PRIMARY KEY("from_kind","from_id","to_kind","to_id","relation")
);
--> statement-breakpoint
CREATE TABLE "outbox_deliveries" (
	"event_id" text NOT NULL,
	"handler" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"last_error" text,
	"finished_at" timestamp (6) with time zone,
	CONSTRAINT "outbox_deliveries_event_id_handler_pk" PRIMARY KEY("event_id","handler")
);
--> statement-breakpoint
CREATE TABLE "outbox_events" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_events_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text NOT NULL,
	"type" text NOT NULL,
	"team_id" text,
	"payload" jsonb NOT NULL,
	"actor_id" text NOT NULL,
	"request_id" text NOT NULL,
	"created_at" timestamp (6) with time zone NOT NULL,
	CONSTRAINT "outbox_events_id_unique" UNIQUE("id")
);
--> statement-breakpoint
CREATE TABLE "processes" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"version" text NOT NULL,
	"started_at" timestamp (6) with time zone NOT NULL,
	"seen_at" timestamp (6) with time zone NOT NULL,
	"info" jsonb DEFAULT '{}'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "steps_done" (
	"workflow_id" text NOT NULL,
	"step" text NOT NULL,
	"output" jsonb,
	"done_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "steps_done_workflow_id_step_pk" PRIMARY KEY("workflow_id","step")
);
--> statement-breakpoint
CREATE TABLE "api_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"prefix" text NOT NULL,
	"hash" text NOT NULL,
	"scopes" text[] NOT NULL,
	"job_id" text,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (6) with time zone NOT NULL,
	"last_used_at" timestamp (6) with time zone,
	"revoked_at" timestamp (6) with time zone,
	CONSTRAINT "api_tokens_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "memberships" (
	"team_id" text NOT NULL,
	"user_id" text NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "memberships_team_id_user_id_pk" PRIMARY KEY("team_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "notifications" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"user_id" text NOT NULL,
	"dedup_key" text NOT NULL,
	"kind" text NOT NULL,
	"title" text NOT NULL,
	"body" text NOT NULL,
	"href" text NOT NULL,
	"reason" text NOT NULL,
	"subject_kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"read_at" timestamp (6) with time zone,
	"done_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "setup_links" (
	"hash" text PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL,
	"expires_at" timestamp (6) with time zone NOT NULL,
	"used_at" timestamp (6) with time zone,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "teams" (
	"id" text PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "teams_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" text PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"password_hash" text,
	"oidc_issuer" text,
	"oidc_subject" text,
	"session_version" integer DEFAULT 1 NOT NULL,
	"is_platform_admin" boolean DEFAULT false NOT NULL,
	"is_demo" boolean DEFAULT false NOT NULL,
	"active_team_id" text,
	"disabled_at" timestamp (6) with time zone,
	"last_seen_at" timestamp (6) with time zone,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "dataset_files" (
	"version_id" text NOT NULL,
	"path" text NOT NULL,
	"digest" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"media_type" text NOT NULL,
	CONSTRAINT "dataset_files_version_id_path_pk" PRIMARY KEY("version_id","path")
);
--> statement-breakpoint
CREATE TABLE "dataset_versions" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"dataset_id" text NOT NULL,
	"number" integer NOT NULL,
	"manifest_digest" text NOT NULL,
	"content_digest" text NOT NULL,
	"schema_digest" text NOT NULL,
	"canonicalisation" text NOT NULL,
	"format" text NOT NULL,
	"row_count" bigint NOT NULL,
	"size_bytes" bigint NOT NULL,
	"columns" jsonb NOT NULL,
	"profile" jsonb NOT NULL,
	"preview" jsonb NOT NULL,
	"diff" jsonb,
	"produced_by_job_id" text,
	"note" text DEFAULT '' NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "datasets" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"owner_id" text NOT NULL,
	"classification" text DEFAULT 'internal' NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"archived_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "uploads" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"dataset_id" text NOT NULL,
	"file_name" text NOT NULL,
	"state" text NOT NULL,
	"blob_digest" text,
	"size_bytes" bigint,
	"note" text DEFAULT '' NOT NULL,
	"produced_by_job_id" text,
	"version_id" text,
	"error" jsonb,
	"received_by" text,
	"message" text DEFAULT '' NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "cluster_resources" (
	"resource" text PRIMARY KEY NOT NULL,
	"amount" bigint NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gpu_flavors" (
	"name" text PRIMARY KEY NOT NULL,
	"title" text NOT NULL,
	"capacity_milli" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "job_attempts" (
	"id" text PRIMARY KEY NOT NULL,
	"job_id" text NOT NULL,
	"number" integer NOT NULL,
	"state" text NOT NULL,
	"pid" integer,
	"exit_code" integer,
	"signal" text,
	"reason" text DEFAULT '' NOT NULL,
	"reason_text" text DEFAULT '' NOT NULL,
	"peak_rss_bytes" bigint,
	"cpu_seconds" double precision,
	"log_digest" text,
	"log_size_bytes" bigint,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (6) with time zone,
	"ended_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "job_inputs" (
	"job_id" text NOT NULL,
	"name" text NOT NULL,
	"dataset_version_id" text NOT NULL,
	"manifest_digest" text NOT NULL,
	CONSTRAINT "job_inputs_job_id_name_pk" PRIMARY KEY("job_id","name")
);
--> statement-breakpoint
CREATE TABLE "job_outputs" (
	"job_id" text NOT NULL,
	"path" text NOT NULL,
	"digest" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"dataset_version_id" text,
	CONSTRAINT "job_outputs_job_id_path_pk" PRIMARY KEY("job_id","path")
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"name" text NOT NULL,
	"template" text,
	"spec" jsonb NOT NULL,
	"spec_digest" text NOT NULL,
	"state" text NOT NULL,
	"reason" text DEFAULT 'PendingEvaluation' NOT NULL,
	"reason_text" text DEFAULT '' NOT NULL,
	"cpu_milli" integer NOT NULL,
	"memory_bytes" bigint NOT NULL,
	"gpu_flavor" text,
	"gpu_milli" integer DEFAULT 0 NOT NULL,
	"time_limit_seconds" integer NOT NULL,
	"max_attempts" integer DEFAULT 1 NOT NULL,
	"attempt_count" integer DEFAULT 0 NOT NULL,
	"priority" integer DEFAULT 0 NOT NULL,
	"dedup_key" text,
	"not_before" timestamp (6) with time zone,
	"created_by" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"admitted_at" timestamp (6) with time zone,
	"started_at" timestamp (6) with time zone,
	"finished_at" timestamp (6) with time zone,
	"cancel_requested_at" timestamp (6) with time zone,
	"cancel_requested_by" text,
	"exit_code" integer
);
--> statement-breakpoint
CREATE TABLE "quota_requests" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"flavor" text NOT NULL,
	"amount_milli" integer NOT NULL,
	"until" timestamp (6) with time zone NOT NULL,
	"why" text NOT NULL,
	"state" text DEFAULT 'open' NOT NULL,
	"requested_by" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"decided_by" text,
	"decided_at" timestamp (6) with time zone,
	"decision_reason" text,
	"applied_at" timestamp (6) with time zone,
	"expired_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "quotas" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"resource" text NOT NULL,
	"amount" bigint NOT NULL,
	"request_id" text,
	"expires_at" timestamp (6) with time zone,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "artifact_seals" (
	"root" text NOT NULL,
	"prefix" text NOT NULL,
	"sealed_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "artifact_seals_root_prefix_pk" PRIMARY KEY("root","prefix")
);
--> statement-breakpoint
CREATE TABLE "artifacts" (
	"root" text NOT NULL,
	"path" text NOT NULL,
	"team_id" text NOT NULL,
	"digest" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"media_type" text DEFAULT 'application/octet-stream' NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "artifacts_root_path_pk" PRIMARY KEY("root","path")
);
--> statement-breakpoint
CREATE TABLE "experiments" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "experiments_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"team_id" text NOT NULL,
	"name" text NOT NULL,
	"lifecycle" text DEFAULT 'active' NOT NULL,
	"tags" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "logged_models" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"experiment_id" integer NOT NULL,
	"source_run_id" text,
	"name" text NOT NULL,
	"model_type" text,
	"status" text DEFAULT 'LOGGED_MODEL_PENDING' NOT NULL,
	"sealed_at" timestamp (6) with time zone,
	"params" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"tags" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "run_inputs" (
	"run_id" text NOT NULL,
	"name" text NOT NULL,
	"digest" text NOT NULL,
	"source_type" text NOT NULL,
	"source" text NOT NULL,
	"schema" text,
	"profile" text,
	"tags" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"dataset_version_id" text,
	CONSTRAINT "run_inputs_run_id_name_digest_pk" PRIMARY KEY("run_id","name","digest")
);
--> statement-breakpoint
CREATE TABLE "run_latest_metrics" (
	"run_id" text NOT NULL,
	"key" text NOT NULL,
	"step" bigint NOT NULL,
	"timestamp_ms" bigint NOT NULL,
	"value" double precision NOT NULL,
	"is_nan" boolean DEFAULT false NOT NULL,
	CONSTRAINT "run_latest_metrics_run_id_key_pk" PRIMARY KEY("run_id","key")
);
--> statement-breakpoint
CREATE TABLE "run_metrics" (
	"run_id" text NOT NULL,
	"key" text NOT NULL,
	"step" bigint NOT NULL,
	"timestamp_ms" bigint NOT NULL,
	"value" double precision NOT NULL,
	"is_nan" boolean DEFAULT false NOT NULL,
	"model_id" text DEFAULT '' NOT NULL,
	"dataset_name" text,
	"dataset_digest" text,
	CONSTRAINT "run_metrics_run_id_key_step_timestamp_ms_value_is_nan_model_id_pk" PRIMARY KEY("run_id","key","step","timestamp_ms","value","is_nan","model_id")
);
--> statement-breakpoint
CREATE TABLE "run_model_inputs" (
	"run_id" text NOT NULL,
	"model_id" text NOT NULL,
	CONSTRAINT "run_model_inputs_run_id_model_id_pk" PRIMARY KEY("run_id","model_id")
);
--> statement-breakpoint
CREATE TABLE "run_outputs" (
	"run_id" text NOT NULL,
	"model_id" text NOT NULL,
	"step" bigint NOT NULL,
	CONSTRAINT "run_outputs_run_id_model_id_pk" PRIMARY KEY("run_id","model_id")
);
--> statement-breakpoint
CREATE TABLE "run_params" (
	"run_id" text NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	"logged_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "run_params_run_id_key_pk" PRIMARY KEY("run_id","key")
);
--> statement-breakpoint
CREATE TABLE "run_tags" (
	"run_id" text NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "run_tags_run_id_key_pk" PRIMARY KEY("run_id","key")
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"experiment_id" integer NOT NULL,
	"name" text NOT NULL,
	"status" text NOT NULL,
	"lifecycle" text DEFAULT 'active' NOT NULL,
	"user_id" text NOT NULL,
	"user_name" text DEFAULT '' NOT NULL,
	"job_id" text,
	"start_ms" bigint NOT NULL,
	"end_ms" bigint,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "model_aliases" (
	"model_id" text NOT NULL,
	"alias" text NOT NULL,
	"version_id" text NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "model_aliases_model_id_alias_pk" PRIMARY KEY("model_id","alias")
);
--> statement-breakpoint
CREATE TABLE "model_card_revisions" (
	"version_id" text NOT NULL,
	"revision" integer NOT NULL,
	"fields" jsonb NOT NULL,
	"markdown" text NOT NULL,
	"digest" text NOT NULL,
	"updated_by" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "model_card_revisions_version_id_revision_pk" PRIMARY KEY("version_id","revision")
);
--> statement-breakpoint
CREATE TABLE "model_cards" (
	"version_id" text PRIMARY KEY NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"fields" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"markdown" text DEFAULT '' NOT NULL,
	"digest" text NOT NULL,
	"evidence" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"updated_by" text NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "model_version_files" (
	"version_id" text NOT NULL,
	"path" text NOT NULL,
	"digest" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	CONSTRAINT "model_version_files_version_id_path_pk" PRIMARY KEY("version_id","path")
);
--> statement-breakpoint
CREATE TABLE "model_versions" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"model_id" text NOT NULL,
	"number" integer NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"state_text" text DEFAULT '' NOT NULL,
	"stage" text DEFAULT 'None' NOT NULL,
	"source" text NOT NULL,
	"artifact_root" text,
	"run_id" text,
	"logged_model_id" text,
	"job_id" text,
	"code_commit" text,
	"description" text DEFAULT '' NOT NULL,
	"tags" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"manifest_digest" text,
	"weights_path" text,
	"weights_digest" text,
	"contract" jsonb,
	"contract_digest" text,
	"contract_check" jsonb,
	"signature" jsonb,
	"evidence" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"gates_digest" text,
	"gate_run_id" text,
	"gates_outcome" text,
	"qualified_at" timestamp (6) with time zone,
	"created_by" text NOT NULL,
	"last_edited_by" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "registered_models" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"owner_id" text NOT NULL,
	"tags" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"archived_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "attestations" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"subject_kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"subject_digest" text NOT NULL,
	"predicate_type" text NOT NULL,
	"label" text NOT NULL,
	"result" text NOT NULL,
	"envelope" jsonb NOT NULL,
	"statement" jsonb NOT NULL,
	"key_id" text NOT NULL,
	"leaf_index" bigint NOT NULL,
	"dedup_key" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "attestations_dedup_key_unique" UNIQUE("dedup_key")
);
--> statement-breakpoint
CREATE TABLE "gate_runs" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"subject_kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"subject_digest" text NOT NULL,
	"evidence_digest" text,
	"state" text DEFAULT 'queued' NOT NULL,
	"outcome" text,
	"trigger" text NOT NULL,
	"requested_by" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "gate_verdicts" (
	"gate_run_id" text NOT NULL,
	"policy_key" text NOT NULL,
	"policy_version" integer NOT NULL,
	"policy_digest" text NOT NULL,
	"verdict" text NOT NULL,
	"rules" jsonb NOT NULL,
	"evidence" jsonb NOT NULL,
	"attestation_id" text,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "gate_verdicts_gate_run_id_policy_key_pk" PRIMARY KEY("gate_run_id","policy_key")
);
--> statement-breakpoint
CREATE TABLE "log_checkpoints" (
	"size" bigint PRIMARY KEY NOT NULL,
	"root_hash" "bytea" NOT NULL,
	"note" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "log_leaves" (
	"index" bigint PRIMARY KEY NOT NULL,
	"entry" "bytea" NOT NULL,
	"leaf_hash" "bytea" NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "log_nodes" (
	"level" integer NOT NULL,
	"index" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "log_nodes_level_index_pk" PRIMARY KEY("level","index")
);
--> statement-breakpoint
CREATE TABLE "policies" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text,
	"key" text NOT NULL,
	"version" integer NOT NULL,
	"title" text NOT NULL,
	"digest" text NOT NULL,
	"document" jsonb NOT NULL,
	"source" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"retired_at" timestamp (6) with time zone,
	CONSTRAINT "policies_digest_unique" UNIQUE("digest")
);
--> statement-breakpoint
CREATE TABLE "public_keys" (
	"key_id" text PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL,
	"algorithm" text NOT NULL,
	"pem" text NOT NULL,
	"valid_from" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"valid_until" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "review_decisions" (
	"id" text PRIMARY KEY NOT NULL,
	"review_id" text NOT NULL,
	"reviewer_id" text NOT NULL,
	"actor_kind" text NOT NULL,
	"token_id" text,
	"reviewer_role" text NOT NULL,
	"decision" text NOT NULL,
	"reason" text NOT NULL,
	"bound_digests" jsonb NOT NULL,
	"attestation_id" text,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "review_decisions_people_only" CHECK ("review_decisions"."actor_kind" in ('user', 'token') and ("review_decisions"."actor_kind" = 'token') = ("review_decisions"."token_id" is not null)),
	CONSTRAINT "review_decisions_decision" CHECK ("review_decisions"."decision" in ('approve', 'request_changes', 'reject', 'comment'))
);
--> statement-breakpoint
CREATE TABLE "reviews" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"subject_kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"subject_digest" text NOT NULL,
	"subject_name" text NOT NULL,
	"title" text NOT NULL,
	"bound_digests" jsonb NOT NULL,
	"environment" text NOT NULL,
	"rationale" text NOT NULL,
	"state" text DEFAULT 'open' NOT NULL,
	"state_reason" text DEFAULT '' NOT NULL,
	"requested_by" text NOT NULL,
	"excluded_ids" text[] NOT NULL,
	"assignee_id" text,
	"due_at" timestamp (6) with time zone NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"first_touched_at" timestamp (6) with time zone,
	"decided_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "deployments" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"name" text NOT NULL,
	"model_id" text NOT NULL,
	"environment" text NOT NULL,
	"stable_version_id" text,
	"previous_version_id" text,
	"latency_bound_ms" double precision DEFAULT 100 NOT NULL,
	"feedback_target" text,
	"owner_id" text NOT NULL,
	"generation" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"retired_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "rollout_events" (
	"id" text PRIMARY KEY NOT NULL,
	"rollout_id" text NOT NULL,
	"dedup_key" text NOT NULL,
	"kind" text NOT NULL,
	"text" text NOT NULL,
	"detail" jsonb NOT NULL,
	"actor_id" text NOT NULL,
	"at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rollouts" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"deployment_id" text NOT NULL,
	"from_version_id" text,
	"to_version_id" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"state_reason" text DEFAULT '' NOT NULL,
	"stages" jsonb NOT NULL,
	"criteria" jsonb NOT NULL,
	"stage_index" integer DEFAULT 0 NOT NULL,
	"stage_started_at" timestamp (6) with time zone,
	"share_percent" integer DEFAULT 0 NOT NULL,
	"consecutive_failures" integer DEFAULT 0 NOT NULL,
	"paused_ms" bigint DEFAULT 0 NOT NULL,
	"paused_at" timestamp (6) with time zone,
	"evidence" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"verdict" jsonb,
	"created_by" text NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "traffic_seconds" (
	"deployment_id" text NOT NULL,
	"version_id" text NOT NULL,
	"arm" text NOT NULL,
	"rollout_id" text DEFAULT '' NOT NULL,
	"stage" integer DEFAULT -1 NOT NULL,
	"second" bigint NOT NULL,
	"requests" integer DEFAULT 0 NOT NULL,
	"errors" integer DEFAULT 0 NOT NULL,
	"slow" integer DEFAULT 0 NOT NULL,
	"feedback" integer DEFAULT 0 NOT NULL,
	"correct" integer DEFAULT 0 NOT NULL,
	"latency_sum_ms" double precision DEFAULT 0 NOT NULL,
	"latency_max_ms" double precision DEFAULT 0 NOT NULL,
	"latency_buckets" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "traffic_seconds_deployment_id_version_id_arm_rollout_id_stage_second_pk" PRIMARY KEY("deployment_id","version_id","arm","rollout_id","stage","second")
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"fingerprint" text NOT NULL,
	"kind" text NOT NULL,
	"severity" text NOT NULL,
	"title" text NOT NULL,
	"body" text NOT NULL,
	"href" text NOT NULL,
	"subject_kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"state" text DEFAULT 'firing' NOT NULL,
	"acknowledged_by" text,
	"started_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "drift_reports" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"deployment_id" text NOT NULL,
	"version_id" text NOT NULL,
	"reference" jsonb NOT NULL,
	"features" jsonb NOT NULL,
	"verdict" text NOT NULL,
	"at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "feedback" (
	"prediction_id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"deployment_id" text NOT NULL,
	"value" text NOT NULL,
	"is_correct" boolean NOT NULL,
	"given_by" text NOT NULL,
	"at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pending_feedback" (
	"prediction_id" text NOT NULL,
	"team_id" text NOT NULL,
	"value" text NOT NULL,
	"given_by" text NOT NULL,
	"at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "pending_feedback_team_id_prediction_id_pk" PRIMARY KEY("team_id","prediction_id")
);
--> statement-breakpoint
CREATE TABLE "predictions" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"deployment_id" text NOT NULL,
	"version_id" text NOT NULL,
	"rollout_id" text DEFAULT '' NOT NULL,
	"arm" text NOT NULL,
	"stage" integer DEFAULT -1 NOT NULL,
	"route_digest" text NOT NULL,
	"at" timestamp (6) with time zone NOT NULL,
	"latency_ms" double precision NOT NULL,
	"status" integer NOT NULL,
	"error" text,
	"inputs" jsonb,
	"outputs" jsonb,
	"predicted" text,
	"trace_id" text
);
--> statement-breakpoint
CREATE TABLE "spool_offsets" (
	"spool_id" text NOT NULL,
	"segment" text NOT NULL,
	"offset" integer NOT NULL,
	CONSTRAINT "spool_offsets_spool_id_segment_pk" PRIMARY KEY("spool_id","segment")
);
--> statement-breakpoint
CREATE TABLE "saved_views" (
	"id" text PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"owner_id" text NOT NULL,
	"list" text NOT NULL,
	"scope" text NOT NULL,
	"name" text NOT NULL,
	"query" text NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "outbox_deliveries" ADD CONSTRAINT "outbox_deliveries_event_id_outbox_events_id_fk" FOREIGN KEY ("event_id") REFERENCES "public"."outbox_events"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dataset_files" ADD CONSTRAINT "dataset_files_version_id_dataset_versions_id_fk" FOREIGN KEY ("version_id") REFERENCES "public"."dataset_versions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dataset_versions" ADD CONSTRAINT "dataset_versions_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "job_attempts" ADD CONSTRAINT "job_attempts_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_experiment_id_experiments_id_fk" FOREIGN KEY ("experiment_id") REFERENCES "public"."experiments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_aliases" ADD CONSTRAINT "model_aliases_model_id_registered_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."registered_models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_aliases" ADD CONSTRAINT "model_aliases_version_id_model_versions_id_fk" FOREIGN KEY ("version_id") REFERENCES "public"."model_versions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_cards" ADD CONSTRAINT "model_cards_version_id_model_versions_id_fk" FOREIGN KEY ("version_id") REFERENCES "public"."model_versions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_version_files" ADD CONSTRAINT "model_version_files_version_id_model_versions_id_fk" FOREIGN KEY ("version_id") REFERENCES "public"."model_versions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_model_id_registered_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."registered_models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gate_verdicts" ADD CONSTRAINT "gate_verdicts_gate_run_id_gate_runs_id_fk" FOREIGN KEY ("gate_run_id") REFERENCES "public"."gate_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "review_decisions" ADD CONSTRAINT "review_decisions_review_id_reviews_id_fk" FOREIGN KEY ("review_id") REFERENCES "public"."reviews"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "rollouts" ADD CONSTRAINT "rollouts_deployment_id_deployments_id_fk" FOREIGN KEY ("deployment_id") REFERENCES "public"."deployments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_team_seq" ON "audit_log" USING btree ("team_id","seq");--> statement-breakpoint
CREATE INDEX "audit_subject" ON "audit_log" USING btree ("subject_kind","subject_id","seq");--> statement-breakpoint
CREATE INDEX "audit_actor" ON "audit_log" USING btree ("actor_id","seq");--> statement-breakpoint
CREATE INDEX "audit_action" ON "audit_log" USING btree ("action","seq");--> statement-breakpoint
CREATE INDEX "idempotency_created" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "lineage_to" ON "lineage_edges" USING btree ("to_kind","to_id");--> statement-breakpoint
CREATE INDEX "outbox_deliveries_due" ON "outbox_deliveries" USING btree ("state","next_attempt_at");--> statement-breakpoint
CREATE INDEX "outbox_type_created" ON "outbox_events" USING btree ("type","created_at");--> statement-breakpoint
CREATE INDEX "outbox_team_created" ON "outbox_events" USING btree ("team_id","created_at");--> statement-breakpoint
CREATE INDEX "processes_seen" ON "processes" USING btree ("seen_at");--> statement-breakpoint
CREATE INDEX "api_tokens_team" ON "api_tokens" USING btree ("team_id","created_at");--> statement-breakpoint
CREATE INDEX "api_tokens_job" ON "api_tokens" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "memberships_user" ON "memberships" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "notifications_dedup" ON "notifications" USING btree ("user_id","dedup_key");--> statement-breakpoint
CREATE INDEX "notifications_user" ON "notifications" USING btree ("user_id","done_at","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "users_email" ON "users" USING btree (lower("email"));--> statement-breakpoint
CREATE UNIQUE INDEX "users_oidc" ON "users" USING btree ("oidc_issuer","oidc_subject");--> statement-breakpoint
CREATE INDEX "dataset_files_digest" ON "dataset_files" USING btree ("digest");--> statement-breakpoint
CREATE UNIQUE INDEX "dataset_versions_number" ON "dataset_versions" USING btree ("dataset_id","number");--> statement-breakpoint
CREATE UNIQUE INDEX "dataset_versions_manifest" ON "dataset_versions" USING btree ("dataset_id","manifest_digest");--> statement-breakpoint
CREATE INDEX "dataset_versions_team" ON "dataset_versions" USING btree ("team_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "datasets_slug" ON "datasets" USING btree ("team_id","slug");--> statement-breakpoint
CREATE INDEX "datasets_team_updated" ON "datasets" USING btree ("team_id","updated_at","id");--> statement-breakpoint
CREATE INDEX "uploads_dataset" ON "uploads" USING btree ("dataset_id","created_at");--> statement-breakpoint
CREATE INDEX "uploads_job" ON "uploads" USING btree ("produced_by_job_id","blob_digest");--> statement-breakpoint
CREATE INDEX "uploads_receiving" ON "uploads" USING btree ("created_at") WHERE "uploads"."state" = 'receiving';--> statement-breakpoint
CREATE UNIQUE INDEX "job_attempts_number" ON "job_attempts" USING btree ("job_id","number");--> statement-breakpoint
CREATE INDEX "job_attempts_open" ON "job_attempts" USING btree ("state","ended_at");--> statement-breakpoint
CREATE INDEX "job_inputs_version" ON "job_inputs" USING btree ("dataset_version_id");--> statement-breakpoint
CREATE INDEX "job_outputs_digest" ON "job_outputs" USING btree ("digest");--> statement-breakpoint
CREATE INDEX "jobs_team_created" ON "jobs" USING btree ("team_id","created_at","id");--> statement-breakpoint
CREATE INDEX "jobs_team_state" ON "jobs" USING btree ("team_id","state","created_at");--> statement-breakpoint
CREATE INDEX "jobs_state" ON "jobs" USING btree ("state","created_at");--> statement-breakpoint
CREATE INDEX "jobs_team_finished" ON "jobs" USING btree ("team_id","finished_at") WHERE finished_at is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "jobs_dedup" ON "jobs" USING btree ("team_id","dedup_key");--> statement-breakpoint
CREATE INDEX "quota_requests_team" ON "quota_requests" USING btree ("team_id","created_at","id");--> statement-breakpoint
CREATE INDEX "quota_requests_state" ON "quota_requests" USING btree ("state","created_at");--> statement-breakpoint
CREATE INDEX "quotas_team" ON "quotas" USING btree ("team_id","resource");--> statement-breakpoint
CREATE INDEX "quotas_expiry" ON "quotas" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "quotas_request" ON "quotas" USING btree ("request_id");--> statement-breakpoint
CREATE UNIQUE INDEX "quotas_base" ON "quotas" USING btree ("team_id","resource") WHERE "quotas"."request_id" is null and "quotas"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "artifacts_digest" ON "artifacts" USING btree ("digest");--> statement-breakpoint
CREATE UNIQUE INDEX "experiments_name" ON "experiments" USING btree ("team_id","name");--> statement-breakpoint
CREATE INDEX "experiments_team" ON "experiments" USING btree ("team_id","updated_at","id");--> statement-breakpoint
CREATE INDEX "logged_models_experiment" ON "logged_models" USING btree ("experiment_id","created_at");--> statement-breakpoint
CREATE INDEX "logged_models_run" ON "logged_models" USING btree ("source_run_id");--> statement-breakpoint
CREATE INDEX "run_inputs_dataset" ON "run_inputs" USING btree ("dataset_version_id");--> statement-breakpoint
CREATE INDEX "run_latest_metrics_key" ON "run_latest_metrics" USING btree ("key","value");--> statement-breakpoint
CREATE INDEX "run_metrics_model" ON "run_metrics" USING btree ("model_id","key") WHERE "run_metrics"."model_id" <> '';--> statement-breakpoint
CREATE INDEX "runs_experiment_start" ON "runs" USING btree ("experiment_id","lifecycle","start_ms","id");--> statement-breakpoint
CREATE INDEX "runs_team_created" ON "runs" USING btree ("team_id","created_at");--> statement-breakpoint
CREATE INDEX "runs_job" ON "runs" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "model_version_files_digest" ON "model_version_files" USING btree ("digest");--> statement-breakpoint
CREATE UNIQUE INDEX "model_versions_number" ON "model_versions" USING btree ("model_id","number");--> statement-breakpoint
CREATE INDEX "model_versions_team" ON "model_versions" USING btree ("team_id","created_at");--> statement-breakpoint
CREATE INDEX "model_versions_run" ON "model_versions" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "model_versions_manifest" ON "model_versions" USING btree ("manifest_digest");--> statement-breakpoint
CREATE UNIQUE INDEX "registered_models_name" ON "registered_models" USING btree ("team_id","name");--> statement-breakpoint
CREATE INDEX "registered_models_updated" ON "registered_models" USING btree ("team_id","updated_at","id");--> statement-breakpoint
CREATE INDEX "attestations_subject" ON "attestations" USING btree ("subject_kind","subject_id","created_at");--> statement-breakpoint
CREATE INDEX "attestations_digest" ON "attestations" USING btree ("subject_digest");--> statement-breakpoint
CREATE INDEX "attestations_team" ON "attestations" USING btree ("team_id","created_at");--> statement-breakpoint
CREATE INDEX "gate_runs_subject" ON "gate_runs" USING btree ("subject_kind","subject_id","created_at");--> statement-breakpoint
CREATE INDEX "gate_runs_team" ON "gate_runs" USING btree ("team_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "policies_key_version" ON "policies" USING btree ("key","version");--> statement-breakpoint
CREATE INDEX "review_decisions_review" ON "review_decisions" USING btree ("review_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "review_decisions_verdict" ON "review_decisions" USING btree ("review_id") WHERE "review_decisions"."decision" <> 'comment';--> statement-breakpoint
CREATE INDEX "reviews_queue" ON "reviews" USING btree ("team_id","state","due_at","id");--> statement-breakpoint
CREATE INDEX "reviews_subject" ON "reviews" USING btree ("subject_kind","subject_id","created_at");--> statement-breakpoint
CREATE INDEX "reviews_decided" ON "reviews" USING btree ("team_id","decided_at") WHERE decided_at is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "reviews_one_open" ON "reviews" USING btree ("team_id","subject_kind","subject_id","environment") WHERE "reviews"."state" = 'open';--> statement-breakpoint
CREATE UNIQUE INDEX "deployments_name" ON "deployments" USING btree ("team_id","name");--> statement-breakpoint
CREATE INDEX "deployments_team" ON "deployments" USING btree ("team_id","updated_at","id");--> statement-breakpoint
CREATE INDEX "deployments_model" ON "deployments" USING btree ("model_id");--> statement-breakpoint
CREATE UNIQUE INDEX "rollout_events_dedup" ON "rollout_events" USING btree ("rollout_id","dedup_key");--> statement-breakpoint
CREATE INDEX "rollout_events_at" ON "rollout_events" USING btree ("rollout_id","at");--> statement-breakpoint
CREATE INDEX "rollouts_deployment" ON "rollouts" USING btree ("deployment_id","created_at");--> statement-breakpoint
CREATE INDEX "rollouts_state" ON "rollouts" USING btree ("state");--> statement-breakpoint
CREATE INDEX "rollouts_team_finished" ON "rollouts" USING btree ("team_id","finished_at") WHERE finished_at is not null;--> statement-breakpoint
CREATE INDEX "traffic_rollout" ON "traffic_seconds" USING btree ("rollout_id","second");--> statement-breakpoint
CREATE UNIQUE INDEX "alerts_fingerprint" ON "alerts" USING btree ("team_id","fingerprint");--> statement-breakpoint
CREATE INDEX "alerts_team" ON "alerts" USING btree ("team_id","state","started_at");--> statement-breakpoint
CREATE INDEX "drift_reports_deployment" ON "drift_reports" USING btree ("deployment_id","at");--> statement-breakpoint
CREATE INDEX "feedback_deployment_at" ON "feedback" USING btree ("deployment_id","at");--> statement-breakpoint
CREATE INDEX "pending_feedback_at" ON "pending_feedback" USING btree ("at");--> statement-breakpoint
CREATE INDEX "predictions_deployment_at" ON "predictions" USING btree ("deployment_id","at","id");--> statement-breakpoint
CREATE INDEX "predictions_version_at" ON "predictions" USING btree ("version_id","at");--> statement-breakpoint
CREATE INDEX "saved_views_list" ON "saved_views" USING btree ("team_id","list","scope","owner_id");--> statement-breakpoint
CREATE UNIQUE INDEX "saved_views_personal_name" ON "saved_views" USING btree ("team_id","list","owner_id",lower("name")) WHERE "saved_views"."scope" = 'personal';--> statement-breakpoint
CREATE UNIQUE INDEX "saved_views_team_name" ON "saved_views" USING btree ("team_id","list",lower("name")) WHERE "saved_views"."scope" = 'team';