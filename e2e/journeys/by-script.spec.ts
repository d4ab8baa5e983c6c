import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { z } from "zod";
import { tokenApi, type Api } from "../fixtures/api";
import { sessionApi } from "../fixtures/people";
import { runPython } from "../fixtures/python";
import { expect, test } from "../fixtures/test";
import { world, type Persona } from "../fixtures/world";

const SCRIPT = "examples/the-line/the_line.py";
const NAME = "diabetes-by-script";

const Story = z.object({
  jobId: z.string(),
  datasetVersionId: z.string(),
  quotaRequestId: z.string(),
  deployment: z.string(),
  attestations: z.record(z.string(), z.array(z.string()).min(7)),
  versions: z.array(
    z.object({
      number: z.number(),
      id: z.string(),
      runId: z.string(),
      reviewId: z.string(),
      rolloutId: z.string().optional(),
    }),
  ),
});

/** A new token as the person makes it on their own page; everything after it is done by token. */
async function tokenOf(persona: Persona, scopes: readonly string[]) {
  const session = await sessionApi(persona);
  return session.post(
    "/api/v1/tokens",
    { name: `The line by ${persona}`, scopes, expiresInDays: 1 },
    z.looseObject({ id: z.string(), token: z.string() }),
  );
}

async function drive(settings: Record<string, string>, timeoutMs: number) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "modelworks-story-"));
  const file = path.join(folder, "story.json");
  try {
    const ended = await runPython(
      SCRIPT,
      ["--name", NAME, "--story", file],
      { MODELWORKS_URL: world().portalUrl, ...settings },
      timeoutMs,
    );
    const story: unknown = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : undefined;
    return { ...ended, story };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const Rollout = z.looseObject({
  state: z.string(),
  stateReason: z.string(),
  timeline: z.array(z.looseObject({ kind: z.string(), text: z.string() })),
});
const rolloutOf = (api: Api, id: string) => api.get(`/api/v1/rollouts/${id}`, Rollout);

test("a script drives the whole line by REST, tokens and the mlflow client", async () => {
  const scientist = await tokenOf("scientist", ["write"]);
  const reviewer = await tokenOf("reviewer", ["review"]);
  const platform = await tokenOf("platform", ["review", "admin"]);
  const ended = await drive(
    {
      MODELWORKS_TOKEN: scientist.token,
      MODELWORKS_REVIEW_TOKEN: reviewer.token,
      MODELWORKS_PLATFORM_TOKEN: platform.token,
    },
    600_000,
  );
  expect(ended.code, ended.output).toBe(0);
  const told = [
    /^datasets {4}diabetes-by-script-raw version \d+: 442 rows/m,
    /^jobs {8}\| .* 442 rows prepared/m,
    /^quota {7}0.5 GPUs granted/m,
    /^gates {7}provenance +pass/m,
    /^evidence {4}7 attestations verified with openssl/m,
    /^canary {6}running, 10% to version/m,
    /^canary {6}running, 50% to version/m,
    /^serving {5}rollout rol_\w+ succeeded/m,
    /^serving {5}rollout rol_\w+ rolled_back: Accuracy/m,
    /^monitoring {2}\d+ open alert/m,
    /^admin {7}audit chain of \d+ rows holds/m,
    /^done {8}diabetes-by-script/m,
  ];
  for (const line of told) expect(ended.output).toMatch(line);

  // What it says is what the portal says.
  const api = tokenApi(scientist.token);
  const story = Story.parse(ended.story);
  const [first, good, degraded] = story.versions;
  if (!first || !good || !degraded) throw new Error("The script made fewer than three versions.");
  const deployment = await api.get(
    `/api/v1/deployments/${story.deployment}`,
    z.looseObject({
      stable: z.looseObject({ number: z.number() }),
      rollouts: z.array(z.looseObject({ id: z.string(), state: z.string() })),
    }),
  );
  expect(deployment.stable.number).toBe(good.number);
  expect(deployment.rollouts.slice(0, 2).map(({ id, state }) => [id, state])).toEqual([
    [degraded.rolloutId, "rolled_back"],
    [good.rolloutId, "succeeded"],
  ]);
  const rose = await rolloutOf(api, good.rolloutId ?? "");
  expect(rose.timeline.at(-1)).toMatchObject({ kind: "deploying" });
  expect(rose.timeline.at(-2)).toMatchObject({ kind: "started", text: expect.stringMatching(/10 ?%/) });
  const fell = await rolloutOf(api, degraded.rolloutId ?? "");
  expect(fell.stateReason).toMatch(/Accuracy .* on canary .* against .* on stable/);
  for (const ids of Object.values(story.attestations)) {
    for (const id of ids) {
      const verdict = await api.get(`/api/v1/attestations/${id}/verify`, z.looseObject({ ok: z.boolean() }));
      expect(verdict.ok).toBe(true);
    }
  }
  const Review = z.looseObject({
    state: z.string(),
    decisions: z.array(z.looseObject({ actorKind: z.string(), tokenId: z.string().nullable() })),
  });
  for (const { reviewId } of story.versions) {
    const review = await api.get(`/api/v1/reviews/${reviewId}`, Review);
    expect(review.state).toBe("approved");
    expect(review.decisions).toMatchObject([{ actorKind: "token", tokenId: reviewer.id }]);
  }
  const job = await api.get(`/api/v1/jobs/${story.jobId}`, z.looseObject({ state: z.string() }));
  expect(job.state).toBe("succeeded");
  const quota = await api.get(
    `/api/v1/quota/requests/${story.quotaRequestId}`,
    z.looseObject({ state: z.string() }),
  );
  expect(quota.state).toBe("approved");
});

test("it stops with a reason at the first thing that is not as it should be", async () => {
  const missing = await drive({}, 180_000);
  expect(missing.code, missing.output).toBe(1);
  expect(missing.output).toContain("The line stopped. MODELWORKS_TOKEN is not set");
  const reader = await tokenOf("scientist", ["read"]);
  const refused = await drive(
    { MODELWORKS_TOKEN: reader.token, MODELWORKS_REVIEW_TOKEN: reader.token },
    180_000,
  );
  expect(refused.code, refused.output).toBe(1);
  expect(refused.output).toContain('This token lacks the scope "write"');
  expect(refused.output).not.toContain(reader.token);
  expect(refused.story).toBeUndefined();
});
