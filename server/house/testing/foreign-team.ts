import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "@/db/client";
import { alerts, sessions } from "@/db/schema";
import { actorOfUser } from "@/server/auth/actor";
import { newId } from "@/server/core/ids";
import { allVerbs } from "@/server/core/verb";

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** One thing of every kind that the other team has, as verbs name it. */
const Foreign = z.object({
  team: z.string(),
  user: z.string(),
  dataset: z.string(),
  datasetId: z.string(),
  datasetVersion: z.string(),
  datasetDigest: z.string().regex(DIGEST),
  datasetFile: z.string(),
  upload: z.string(),
  job: z.string(),
  output: z.string(),
  experiment: z.string(),
  experimentName: z.string(),
  run: z.string(),
  metric: z.string(),
  loggedModel: z.string(),
  artifact: z.string(),
  model: z.string(),
  modelFile: z.string(),
  modelVersionId: z.string(),
  attestation: z.string(),
  gateRun: z.string(),
  review: z.string(),
  deployment: z.string(),
  rollout: z.string(),
  prediction: z.string(),
  token: z.string(),
  notification: z.string(),
});
type Found = z.infer<typeof Foreign>;

export interface ForeignTeam extends Found {
  view: string;
  silence: string;
  alert: string;
  quotaRequest: string;
  credential: string;
  session: string;
}

/** What a verb that makes something answers. */
const IdOf = z
  .union([z.object({ id: z.string() }), z.object({ silenceId: z.string() })])
  .transform((made) => ("id" in made ? made.id : made.silenceId));

const first = (column: string, from: string) => `(select ${column} from ${from} order by 1 limit 1)`;

const FOUND: Readonly<Record<keyof Found, string>> = {
  team: first("id", "teams"),
  user: first("id", "users where email = 'scientist@demo.local'"),
  dataset: first("slug", "datasets"),
  datasetId: first("id", "datasets"),
  datasetVersion: first("id", "dataset_versions"),
  datasetDigest: first("manifest_digest", "dataset_versions"),
  datasetFile: first("path", "dataset_files"),
  upload: first("id", "uploads"),
  job: first("id", "jobs"),
  output: first("path", "job_outputs"),
  experiment: first("id::text", "experiments"),
  experimentName: first("name", "experiments"),
  run: first("id", "runs"),
  metric: first("key", "run_latest_metrics"),
  loggedModel: first("id", "logged_models"),
  artifact: first("root || '/' || path", "artifacts"),
  model: first("name", "registered_models"),
  modelFile: first("path", "model_version_files"),
  modelVersionId: first("id", "model_versions"),
  attestation: first("id", "attestations"),
  gateRun: first("id", "gate_runs"),
  review: first("id", "reviews"),
  deployment: first("name", "deployments"),
  rollout: first("id", "rollouts"),
  prediction: first("id", "predictions"),
  token: first("id", "api_tokens"),
  notification: first("id", "notifications"),
};

/** Executes a verb by its name as a person of the demo. */
async function asPerson(db: Db, email: string, name: string, input: unknown): Promise<unknown> {
  const { rows } = await db.execute(
    sql`select id, session_version as "sessionVersion" from users where email = ${email}`,
  );
  const { id, sessionVersion } = z.object({ id: z.string(), sessionVersion: z.number() }).parse(rows[0]);
  const actor = await actorOfUser(db, id, sessionVersion);
  const verb = allVerbs().find(({ definition }) => definition.name === name);
  if (!verb) throw new Error(`There is no verb ${name}.`);
  return verb.execute({ actor, db }, input);
}

/** What a restored demo has, and by its people's own acts what it lacks. */
export async function foreignTeam(db: Db): Promise<ForeignTeam> {
  const columns = Object.entries(FOUND).map(([name, query]) => `${query} as "${name}"`);
  const { rows } = await db.execute(sql.raw(`select ${columns.join(", ")}`));
  const found = Foreign.parse(rows[0]);
  const scientist = "scientist@demo.local";
  const made = async (name: string, input: unknown, email = scientist) =>
    IdOf.parse(await asPerson(db, email, name, input));
  const view = await made("catalog.view.create", {
    list: "jobs",
    name: "Ours",
    query: "state=failed",
    scope: "team",
  });
  const silence = await made("monitoring.silence.create", {
    kind: "errors",
    severity: "warning",
    deployment: found.deployment,
    minutes: 60,
    reason: "A test of load",
  });
  const quotaRequest = await made("compute.quota.request", {
    flavor: "a100",
    amountMilli: 1000,
    until: new Date(Date.now() + 86_400_000).toISOString(),
    why: "To train the other team's model.",
  });
  const credential = "theirs";
  await asPerson(db, "platform@demo.local", "registry.credential.set", {
    name: credential,
    kind: "bearer",
    hosts: ["models.example.org"],
    value: "their-secret-value",
  });
  const [alert, session] = [newId("alert"), newId("session")];
  await db.insert(alerts).values({
    id: alert,
    teamId: found.team,
    fingerprint: "theirs",
    kind: "errors",
    severity: "warning",
    title: "Theirs",
    body: "Errors",
    href: "/alerts",
    subjectKind: "deployment",
    subjectId: found.deployment,
  });
  await db.insert(sessions).values({
    id: session,
    userId: found.user,
    method: "password",
    userAgent: "Theirs",
    expiresAt: new Date(Date.now() + 86_400_000),
  });
  return { ...found, view, silence, quotaRequest, credential, alert, session };
}
