import type { ForeignTeam } from "./foreign-team";

/**
 * What every verb is asked in `isolation.db.test.ts`. `names`: the input names what another team has, so that whoever the permission
 * table lets in must be told that there is none, in the words in which it is told of what never was. `answers`: the verb may answer
 * although it was asked about the other team's things, for the given reason, and must say and change nothing of them. `asks`: the input
 * names nothing of a team.
 */
export interface Example {
  input: (foreign: ForeignTeam) => unknown;
  /** Undefined where an answer is one, too, as long as nothing of theirs is in it. */
  refusal?: "not_found" | "invalid";
  /** Why an answer is right although their things were named. */
  reason?: string;
  /** Why a platform administrator may do it in every team. */
  byPlatform?: string;
  /** Rows that may come to name theirs, with the reason. */
  adds?: Readonly<Record<string, string>>;
}

type Input = Example["input"];
const names = (input: Input, refusal: Example["refusal"] = "not_found"): Example => ({ input, refusal });
const answers = (reason: string, input: Input, adds: Example["adds"] = {}): Example => ({
  input,
  reason,
  adds,
});
const asks = (input: unknown = {}, adds: Example["adds"] = {}): Example => ({ input: () => input, adds });
const inAllTeams = (example: Example, byPlatform = "they look after all teams"): Example => ({
  ...example,
  byPlatform,
});

const version = (more: Record<string, unknown> = {}) =>
  names(({ model }) => ({ name: model, version: 1, ...more }));
const model = (more: Record<string, unknown> = {}) => names((f) => ({ name: f.model, ...more }));
const run = (more: Record<string, unknown> = {}) => names((f) => ({ runId: f.run, ...more }));
const experiment = (more: Record<string, unknown> = {}) =>
  names((f) => ({ experimentId: f.experiment, ...more }));
const loggedModel = (more: Record<string, unknown> = {}) =>
  names((f) => ({ modelId: f.loggedModel, ...more }));
const review = (more: Record<string, unknown> = {}) => names((f) => ({ reviewId: f.review, ...more }));
const attestation = names((f) => ({ attestationId: f.attestation }));
const deployment = (more: Record<string, unknown> = {}) => names((f) => ({ name: f.deployment, ...more }));
const dataset = (more: Record<string, unknown> = {}) => names((f) => ({ slug: f.dataset, ...more }));
const datasetVersion = (more: Record<string, unknown> = {}) =>
  names((f) => ({ id: f.datasetVersion, ...more }));
const job = (more: Record<string, unknown> = {}) => names((f) => ({ id: f.job, ...more }));
const pair = { key: "theirs", value: "mine" };
const TENSOR = { name: "x", datatype: "FP32", shape: [-1, 1] };
const CONTRACT = {
  inputs: [TENSOR],
  outputs: [{ ...TENSOR, name: "y" }],
  resources: { cpuMilli: 100, memoryBytes: 2 ** 28 },
  latencyBoundMs: 100,
  observability: ["latency"],
};
const PLAN = {
  stages: [{ sharePercent: 10, minRequests: 100, maxDurationMs: 3_600_000 }],
  criteria: { errorRate: {} },
};
const blobDigest = `sha256:${"0".repeat(64)}`;

export const EXAMPLES: Readonly<Record<string, Example>> = {
  // catalog
  "catalog.search": asks({ q: "diabetes" }),
  "catalog.view.list": asks({ list: "jobs" }),
  "catalog.view.create": asks({ list: "jobs", name: "Mine", query: "" }),
  "catalog.view.update": names(({ view }) => ({ viewId: view, name: "Mine" })),
  "catalog.view.delete": names(({ view }) => ({ viewId: view })),
  // compute
  "compute.job.cancel": job(),
  "compute.job.cancel_many": answers("each is answered for itself", (f) => ({ ids: [f.job] })),
  "compute.job.dispatch": names(
    (f) => ({
      command: ["true"],
      resources: { cpuMilli: 100, memoryBytes: 2 ** 26 },
      inputs: [{ name: "dataset", datasetVersionId: f.datasetVersion }],
    }),
    "invalid",
  ),
  "compute.job.output": names((f) => ({ id: f.job, path: f.output })),
  "compute.job.list": asks(),
  "compute.job.get": job(),
  "compute.job.log": job(),
  "compute.template.list": asks(),
  "compute.template.get": asks({ name: "tabular-classifier" }),
  "compute.input.choices": asks(),
  "compute.quota.get": asks(),
  "compute.quota.list_requests": asks(),
  "compute.quota.get_request": inAllTeams(names((f) => ({ id: f.quotaRequest }))),
  "compute.quota.withdraw": names((f) => ({ id: f.quotaRequest })),
  "compute.quota.request": asks(
    {
      flavor: "a100",
      amountMilli: 1000,
      until: new Date(Date.now() + 86_400_000).toISOString(),
      why: "To see that it is ours alone.",
    },
    { "INSERT notifications": "the platform administrator, who is told, has the other team's id" },
  ),
  "compute.quota.decide": names((f) => ({ id: f.quotaRequest, decision: "approve", reason: "Mine" })),
  "compute.quota.list_teams": asks(),
  "compute.quota.preview": names((f) => ({ teamId: f.team, resource: "cpu", amount: 1 })),
  "compute.quota.set": names((f) => ({ teamId: f.team, resource: "cpu", amount: 1 })),
  "compute.gpu_flavor.set": asks({ name: "mine", title: "Mine", capacityMilli: 1000 }),
  // datasets
  "datasets.dataset.list": asks(),
  "datasets.dataset.export": asks(),
  "datasets.dataset.get": dataset(),
  "datasets.dataset.create": asks({ name: "Mine" }),
  "datasets.dataset.update": dataset({ name: "Mine" }),
  "datasets.dataset.archive": dataset(),
  "datasets.dataset.restore": dataset(),
  "datasets.dataset.timeline": dataset(),
  "datasets.version.list": dataset(),
  "datasets.version.get-by-number": dataset({ number: 1 }),
  "datasets.version.get": datasetVersion(),
  "datasets.version.lineage": datasetVersion(),
  "datasets.version.preview": datasetVersion(),
  "datasets.version.diff": names((f) => ({ before: f.datasetVersion, after: f.datasetVersion })),
  "datasets.version.download": names((f) => ({ id: f.datasetVersion, path: f.datasetFile })),
  "datasets.version.find": answers("a digest is known or not", (f) => ({ digest: f.datasetDigest })),
  "datasets.upload.get": names((f) => ({ id: f.upload })),
  "datasets.upload.read-from-line": names((f) => ({ id: f.upload, headerLine: 2 })),
  "datasets.upload.begin": dataset({ fileName: "mine.csv" }),
  "datasets.upload.receive": names((f) => ({ uploadId: f.upload, blobDigest, sizeBytes: 1 })),
  "datasets.upload.ingest": names((f) => ({ datasetId: f.datasetId, blobDigest, fileName: "mine.csv" })),
  // governance
  "governance.log.checkpoint": asks(),
  "governance.log.keys": asks(),
  "governance.log.list": asks(),
  "governance.log.consistency": asks({ from: 1, to: 2 }),
  "governance.log.tile": asks({ path: "0/000" }),
  "governance.log.verify": asks(),
  "governance.attestation.get": attestation,
  "governance.attestation.bundle": attestation,
  "governance.attestation.signature_bundle": attestation,
  "governance.attestation.envelope": attestation,
  "governance.attestation.proof": attestation,
  "governance.attestation.verify": attestation,
  "governance.subject.evidence": answers("no verdict and no decision of another team", (f) => ({
    subjectId: f.modelVersionId,
    environment: "production",
  })),
  "governance.attestation.list": answers("a list of none", (f) => ({
    subjectKind: "model_version",
    subjectId: f.modelVersionId,
  })),
  "governance.policy.list": asks(),
  "governance.policy.get": asks({ key: "fairness" }),
  "governance.policy.history": asks({ key: "fairness" }),
  "governance.policy.save": asks({
    key: "fairness",
    source: "mine",
    expectedDigest: blobDigest,
    reason: "Mine",
  }),
  "governance.gate.get": names((f) => ({ gateRunId: f.gateRun })),
  "governance.gate.list": answers("a list of none", (f) => ({
    subjectKind: "model_version",
    subjectId: f.modelVersionId,
  })),
  "governance.review.comment": review({ text: "Mine" }),
  "governance.review.decide": review({ decision: "approve", reason: "Mine" }),
  "governance.review.get": review(),
  "governance.review.export": review(),
  "governance.review.assign": review({ to: "me" }),
  "governance.review.touch": review(),
  "governance.review.withdraw": review(),
  "governance.review.list": asks(),
  "governance.review.count": asks(),
  // experiments
  "experiments.artifact.prepare": names((f) => ({ path: f.artifact })),
  "experiments.artifact.put": names((f) => ({ path: f.artifact, digest: blobDigest, sizeBytes: 1 })),
  "experiments.artifact.list": names((f) => ({ path: f.artifact })),
  "experiments.artifact.get": names((f) => ({ path: f.artifact })),
  "experiments.artifact.delete": names((f) => ({ path: f.artifact })),
  "experiments.experiment.create": asks({ name: "Mine" }),
  "experiments.experiment.get": experiment(),
  "experiments.experiment.get-by-name": names((f) => ({ name: f.experimentName })),
  "experiments.experiment.rename": experiment({ name: "Mine" }),
  "experiments.experiment.delete": experiment(),
  "experiments.experiment.restore": experiment(),
  "experiments.experiment.set-tag": experiment(pair),
  "experiments.experiment.delete-tag": experiment({ key: "theirs" }),
  "experiments.experiment.search": asks(),
  "experiments.experiment.list": asks(),
  "experiments.run.get": run(),
  "experiments.run.search": answers("a list of none", (f) => ({ experimentIds: [f.experiment] })),
  "experiments.run.list": experiment(),
  "experiments.run.compare": names((f) => ({ runIds: [f.run, f.run] })),
  "experiments.run.create": experiment(),
  "experiments.run.update": run({ status: "FAILED" }),
  "experiments.run.delete": run(),
  "experiments.run.restore": run(),
  "experiments.run.delete-tag": run({ key: "mlflow.user" }),
  "experiments.run.log-batch": run({ params: [pair] }),
  "experiments.run.log-inputs": run({ datasets: [{ dataset: { name: "mine", digest: "1" } }] }),
  "experiments.run.log-outputs": names((f) => ({ runId: f.run, models: [{ model_id: f.loggedModel }] })),
  "experiments.metric.history": names((f) => ({ runId: f.run, key: f.metric })),
  "experiments.metric.changes": run({ since: "0", curves: [] }),
  "experiments.metric.keys": run(),
  "experiments.metric.series": names((f) => ({ runIds: [f.run], key: f.metric })),
  "experiments.logged-model.create": experiment({ name: "Mine" }),
  "experiments.logged-model.get": loggedModel(),
  "experiments.logged-model.finalize": loggedModel({ status: "LOGGED_MODEL_READY" }),
  "experiments.logged-model.delete": loggedModel(),
  "experiments.logged-model.set-tags": loggedModel({ pairs: [pair] }),
  "experiments.logged-model.set-params": loggedModel({ pairs: [pair] }),
  "experiments.logged-model.delete-tag": loggedModel({ key: "mlflow.user" }),
  "experiments.logged-model.search": answers("a list of none", (f) => ({ experimentIds: [f.experiment] })),
  // identity
  "identity.audit.list": inAllTeams(asks()),
  "identity.audit.export": asks(),
  "identity.audit.verify": asks(),
  "identity.session.list": asks(),
  "identity.session.get": asks(),
  "identity.session.end": names((f) => ({ sessionId: f.session })),
  "identity.session.end_others": asks(),
  "identity.person.list": asks(),
  "identity.person.create": asks({ name: "Mine", email: "mine@example.org" }),
  "identity.person.disable": names((f) => ({ userId: f.user })),
  "identity.person.enable": names((f) => ({ userId: f.user })),
  "identity.person.reset_password": names((f) => ({ userId: f.user })),
  "identity.reset.claim": asks({ token: "a-token-that-never-was-there", password: "long enough, and odd" }),
  "identity.setup.claim": asks({
    token: "a-token-that-never-was-there",
    name: "Mine",
    email: "mine@example.org",
    password: "long enough, and odd",
    teamName: "Mine",
  }),
  "identity.team.list": inAllTeams(asks()),
  "identity.team.switch": inAllTeams(names((f) => ({ teamId: f.team }))),
  "identity.team.create": asks({ name: "Mine", slug: "mine" }),
  "identity.profile.update": asks({ name: "Mine" }),
  "identity.password.change": asks({
    currentPassword: "not the one",
    newPassword: "long enough, and odd",
  }),
  "identity.member.list": inAllTeams(names((f) => ({ teamId: f.team }))),
  "identity.member.add": inAllTeams(
    names((f) => ({ teamId: f.team, email: "member@intruders.example", role: "admin" })),
  ),
  "identity.member.change_role": inAllTeams(
    names((f) => ({ teamId: f.team, userId: f.user, role: "viewer" })),
  ),
  "identity.member.remove": inAllTeams(names((f) => ({ teamId: f.team, userId: f.user }))),
  "identity.token.list": asks(),
  "identity.token.create": asks({ name: "Mine", scopes: ["read"], expiresInDays: 1 }),
  "identity.token.revoke": names((f) => ({ tokenId: f.token })),
  // registry
  "registry.alias.set": version({ alias: "mine" }),
  "registry.alias.delete": model({ alias: "production" }),
  "registry.alias.get": model({ alias: "production" }),
  "registry.contract.get": version(),
  "registry.contract.save": version({ contract: CONTRACT }),
  "registry.card.get": version(),
  "registry.card.save": version({ fields: {}, expectedRevision: 0 }),
  "registry.card.revisions": version(),
  "registry.card.export": version(),
  "registry.credential.list": asks(),
  "registry.credential.set": asks({
    name: "mine",
    kind: "bearer",
    hosts: ["models.example.org"],
    value: "my-secret-value",
  }),
  "registry.credential.delete": names((f) => ({ name: f.credential })),
  "registry.endpoint.hosts": asks(),
  "registry.endpoint.register": model({
    endpoint: { protocol: "oip", url: "https://models.example.org", model: "mine" },
  }),
  "registry.gates.run": version(),
  "registry.model.create": asks({ name: "mine" }),
  "registry.model.rename": model({ newName: "mine" }),
  "registry.model.update": model({ description: "Mine" }),
  "registry.model.delete": model(),
  "registry.model.set-tag": model(pair),
  "registry.model.delete-tag": model({ key: "theirs" }),
  "registry.model.summary": model(),
  "registry.model.detail": model(),
  "registry.model.timeline": model(),
  "registry.model.list": asks(),
  "registry.model.search": asks(),
  "registry.protection.get": model(),
  "registry.protection.set": model({ mode: "off", reason: "Mine" }),
  "registry.review.request": version({ environment: "production", rationale: "It should be mine." }),
  "registry.version.latest": model(),
  "registry.version.search": answers("a list of none", (f) => ({ filter: `name='${f.model}'` })),
  "registry.version.transition-stage": version({ stage: "Archived" }),
  "registry.version.create": names((f) => ({ name: f.model, source: `models:/${f.loggedModel}` })),
  "registry.version.get": version(),
  "registry.version.update": version({ description: "Mine" }),
  "registry.version.delete": version(),
  "registry.version.set-tag": version(pair),
  "registry.version.delete-tag": version({ key: "theirs" }),
  "registry.version.detail": version(),
  "registry.version.compare": version(),
  "registry.version.of-run": run(),
  "registry.version.file": names((f) => ({ name: f.model, version: 1, path: f.modelFile })),
  "registry.version.lineage": version(),
  // serving
  "serving.deployment.deploy": names((f) => ({ model: f.model, version: 1, environment: "staging" })),
  "serving.deployment.preview": names((f) => ({ model: f.model, version: 1, environment: "staging" })),
  "serving.deployment.plan": answers("a deployment is planned before it is there", (f) => ({
    name: f.deployment,
    plan: PLAN,
  })),
  "serving.deployment.roll-back": deployment({ reason: "Mine" }),
  "serving.deployment.retire": deployment({ reason: "Mine" }),
  "serving.deployment.list": asks(),
  "serving.deployment.get": deployment(),
  "serving.deployment.history": deployment(),
  "serving.rollout.control": names((f) => ({ rolloutId: f.rollout, command: "abort", reason: "Mine" })),
  "serving.rollout.get": names((f) => ({ rolloutId: f.rollout })),
  "serving.rollout.chart": names((f) => ({ rolloutId: f.rollout, name: f.deployment })),
  "serving.policy.affected": asks({ key: "canary" }),
  "serving.policy.preview": asks({ key: "canary", source: "mine" }),
  // monitoring
  "monitoring.deployment.list": asks(),
  "monitoring.deployment.get": deployment(),
  "monitoring.prediction.list": deployment(),
  "monitoring.prediction.get": names((f) => ({ predictionId: f.prediction })),
  "monitoring.feedback.record": answers(
    "each is answered for itself",
    (f) => ({
      items: [{ predictionId: f.prediction, value: 1 }],
    }),
    { "INSERT pending_feedback": "it waits in its own team for a prediction that never comes there" },
  ),
  "monitoring.set_aside.list": asks(),
  "monitoring.set_aside.retry": asks({ id: "none" }),
  "monitoring.set_aside.discard": asks({ id: "none" }),
  "monitoring.alert.list": asks(),
  "monitoring.alert.acknowledge": names((f) => ({ alertId: f.alert })),
  "monitoring.alert.telling": answers("a list of none", (f) => ({ alertIds: [f.alert] })),
  "monitoring.silence.create": names((f) => ({ alertId: f.alert, minutes: 60, reason: "Mine" })),
  "monitoring.silence.end": names((f) => ({ silenceId: f.silence })),
  "monitoring.silence.list": asks(),
  "monitoring.routing.read": asks(),
  "monitoring.routing.set": asks({ routes: [], revision: 0 }),
  "monitoring.routing.preview": asks({ kind: "errors", severity: "warning" }),
  // notifications, insights, platform
  "notifications.inbox.list": asks(),
  "notifications.inbox.count_unread": asks(),
  "notifications.inbox.mark": answers("it counts what it marked", (f) => ({
    as: "done",
    ids: [f.notification],
  })),
  "insights.velocity.get": asks(),
  "platform.work.list": asks(),
  "platform.work.retry": asks({ eventId: "none", handler: "none" }),
  "platform.work.retry_all": asks(),
  "platform.workflow.list": asks(),
  "platform.workflow.steps": asks({ id: "none" }),
  "platform.console.get": asks(),
  "platform.home.get": inAllTeams(asks()),
};
