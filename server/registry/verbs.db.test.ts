import { blobRefDifferences } from "@/db/testing";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { objectStore } from "@/server/composition";
import type { Caller } from "@/server/core/context";
import { decideReview, reviewsOfSubject } from "@/server/governance";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import {
  deleteModel,
  deleteVersion,
  exportCard,
  getCard,
  requestVersionReview,
  runGates,
  saveCard,
  saveContract,
  setAlias,
  updateVersion,
  versionOf,
} from "./index";
import { modelDetail, versionDetail, versionLineage, listModels } from "./queries";
import { modelTimeline } from "./timeline";
import { qualify } from "./qualify/run";
import { endRun, goodCard, goodContract, registeredVersion, trainedRun } from "./testing";

let world: World;
let member: Person;
let viewer: Person;
let stranger: Person;
beforeAll(async () => {
  world = await createWorld();
  member = await world.person("member");
  viewer = await world.person("viewer");
  stranger = await world.person("admin", { teamId: world.otherTeamId });
});
afterAll(() => world.close());

let count = 0;
const judge = (versionId: string) =>
  qualify(
    world.system(),
    objectStore(),
    {
      versionId,
      eventId: `evt_${(count += 1)}`,
      trigger: "registered",
      requestedBy: member.id,
      force: false,
    },
    (_, work) => work(),
  );

async function ready(options: Parameters<typeof trainedRun>[2] = {}) {
  const line = await trainedRun(member.caller, world.system(), options);
  const name = `verbs-${(count += 1)}`;
  const { version } = await registeredVersion(member.caller, line, { name });
  await endRun(member.caller, line.runId);
  await judge(version.id);
  return { name, version: 1, id: version.id };
}

const audits = async (id: string, action: string) => {
  const { rows } = await world.db.execute<{ n: number }>(
    sql`select count(*)::int as n from audit_log where subject_id = ${id} and action = ${action}`,
  );
  return rows[0]?.n;
};
const at = ({ name, version }: { name: string; version: number }) => ({ name, version });
const cardInput = (
  key: { name: string; version: number },
  change: Record<string, string>,
  expectedRevision = 1,
) => ({
  name: key.name,
  version: key.version,
  fields: { ...goodCard(), ...change },
  expectedRevision,
});

describe("contract", () => {
  test("another one is checked at once, audited, and another save over an old one is a conflict", async () => {
    const key = await ready();
    const contract = goodContract(["age", "bmi"]);
    const saved = await saveContract.execute(member.caller, { ...at(key), contract });
    expect(saved.check?.mismatches.join(" ")).toContain("dimension 2 is declared 2");
    expect(await audits(key.id, "registry.contract.save")).toBe(1);
    await expect(
      saveContract.execute(member.caller, { ...at(key), contract: goodContract(), expectedDigest: null }),
    ).rejects.toMatchObject({ code: "conflict" });
    expect(await judge(key.id)).toBe("fail");
  });

  test("says by field what is wrong", async () => {
    const key = await ready();
    const contract = { ...goodContract(), latencyBoundMs: -1, surprise: true };
    await expect(saveContract.execute(member.caller, { ...at(key), contract })).rejects.toMatchObject({
      code: "invalid",
      details: {
        fields: {
          "contract.latencyBoundMs": "must be above 0",
          "contract.surprise": expect.stringContaining("is not known here"),
        },
      },
    });
  });
});

describe("card", () => {
  test("a draft is complete and current; a field goes stale when its evidence changes, and current when it is linked again", async () => {
    const key = await ready();
    expect(await getCard.execute(member.caller, at(key))).toMatchObject({
      revision: 1,
      completenessPercent: 100,
      staleFields: [],
      missingFields: [],
    });
    await saveCard.execute(member.caller, {
      ...cardInput(key, { serving: "Send three features." }),
      links: { serving: "contract" },
    });
    await saveContract.execute(member.caller, {
      ...at(key),
      contract: { ...goodContract(), latencyBoundMs: 80 },
    });
    expect((await getCard.execute(member.caller, at(key))).staleFields).toEqual(["serving"]);
    await judge(key.id);
    const detail = await versionDetail.execute(member.caller, at(key));
    expect(detail.gates?.verdicts.find((each) => each.policyKey === "card-completeness")?.verdict).toBe(
      "fail",
    );
    const again = await saveCard.execute(member.caller, {
      ...cardInput(key, { serving: "Send three features." }, 2),
      links: { serving: "contract" },
    });
    expect(again).toMatchObject({ revision: 3, staleFields: [] });
  });

  test("an old revision is a conflict, an unknown field is refused, an empty required field is missing", async () => {
    const key = await ready();
    await expect(
      saveCard.execute(member.caller, cardInput(key, { summary: "New" }, 0)),
    ).rejects.toMatchObject({ code: "conflict" });
    await expect(saveCard.execute(member.caller, cardInput(key, { colour: "red" }))).rejects.toMatchObject({
      code: "invalid",
      details: { fields: { "fields.colour": "is no field of a model card" } },
    });
    const saved = await saveCard.execute(member.caller, cardInput(key, { contact: " " }));
    expect(saved.missingFields).toEqual(["contact"]);
    expect(saved.completenessPercent).toBeLessThan(100);
  });

  test("is exported as Hugging Face Markdown", async () => {
    const key = await ready();
    const { text } = await exportCard.execute(viewer.caller, { ...at(key), format: "huggingface" });
    expect(text).toMatch(/^---\nlicense: "apache-2.0"\nlibrary_name: "onnx"/);
    expect(text).toContain('    - type: "accuracy"\n      value: 0.9');
    expect(text).toContain("## Intended use");
  });
});

describe("review", () => {
  const rationale = "Better than before by two points.";
  test("is bound to the digests, keeps the authors out, and a replay gives the same one", async () => {
    const key = await ready();
    // Whoever logged the run had a hand in it too, although someone else registered the version.
    const trainer = await world.person("reviewer");
    await world.db.execute(
      sql`update runs set user_id = ${trainer.id} where id = (select run_id from model_versions where id = ${key.id})`,
    );
    const first = await requestVersionReview.execute(member.caller, {
      ...at(key),
      environment: "production",
      rationale,
    });
    const replay = await requestVersionReview.execute(member.caller, {
      ...at(key),
      environment: "production",
      rationale,
    });
    expect(replay).toMatchObject({ reviewId: first.reviewId, created: false });
    const [review] = await reviewsOfSubject(world.system(), {
      subjectKind: "model_version",
      subjectId: key.id,
    });
    expect(Object.keys(review?.boundDigests ?? {}).toSorted()).toEqual([
      "card",
      "contract",
      "gates",
      "manifest",
    ]);
    expect(review?.excludedIds.toSorted()).toEqual([member.id, trainer.id].toSorted());
    await expect(
      decideReview.execute(trainer.caller, { reviewId: first.reviewId, decision: "approve", reason: "Mine" }),
    ).rejects.toMatchObject({ code: "forbidden" });
  });

  test("keeps out who saved the contract and who logged the model, also after others edited the version", async () => {
    const key = await ready();
    const [contractor, logger] = [await world.person("admin"), await world.person("reviewer")];
    await saveContract.execute(contractor.caller, {
      ...at(key),
      contract: { ...goodContract(), latencyBoundMs: 60 },
    });
    await updateVersion.execute(member.caller, { ...at(key), description: "Edited by the member since." });
    await world.db.execute(
      sql`update logged_models set created_by = ${logger.id} where id = (select logged_model_id from model_versions where id = ${key.id})`,
    );
    await judge(key.id);
    const asked = { ...at(key), environment: "production", rationale };
    const { reviewId } = await requestVersionReview.execute(member.caller, asked);
    for (const { caller } of [contractor, logger]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another, as people decide
      await expect(
        decideReview.execute(caller, { reviewId, decision: "approve", reason: "Mine" }),
      ).rejects.toMatchObject({ code: "forbidden" });
    }
  });

  test("ends when its version is deleted, or the whole model", async () => {
    for (const gone of ["version", "model"] as const) {
      const key = await ready();
      const { reviewId } = await requestVersionReview.execute(member.caller, {
        ...at(key),
        environment: "production",
        rationale,
      });
      if (gone === "version") await deleteVersion.execute(member.caller, at(key));
      else await deleteModel.execute(member.caller, { name: key.name });
      const rows = await reviewsOfSubject(world.system(), {
        subjectKind: "model_version",
        subjectId: key.id,
      });
      expect(rows.find((row) => row.id === reviewId)).toMatchObject({
        state: "void",
        stateReason: `The ${gone} was deleted.`,
      });
    }
  });

  test("keeps its gates when a judgement that was interrupted is told late", async () => {
    const key = await ready({ files: { "modelworks/contract.json": "" } });
    const interrupted = {
      versionId: key.id,
      eventId: `evt_${(count += 1)}`,
      trigger: "registered",
      requestedBy: member.id,
      force: true,
    };
    const gates = async () => (await versionOf(world.system(), key.id)).gatesOutcome;
    // It judged, without a contract, and died before it was told.
    await qualify(world.system(), objectStore(), interrupted, (_, work) => work());
    expect(await gates()).toBe("fail");
    await saveContract.execute(member.caller, { ...at(key), contract: goodContract() });
    await judge(key.id);
    expect(await gates()).toBe("pass");
    await qualify(world.system(), objectStore(), interrupted, (_, work) => work());
    expect(await gates()).toBe("pass");
  });

  test("becomes void when the card changes, and stays when the gates say the same again", async () => {
    const key = await ready();
    const { reviewId } = await requestVersionReview.execute(member.caller, {
      ...at(key),
      environment: "production",
      rationale,
    });
    const stateOf = async () =>
      (await reviewsOfSubject(world.system(), { subjectKind: "model_version", subjectId: key.id })).find(
        (row) => row.id === reviewId,
      )?.state;
    await judge(key.id);
    expect(await stateOf()).toBe("open");
    await saveCard.execute(member.caller, cardInput(key, { summary: "Something else." }));
    expect(await stateOf()).toBe("void");
  });

  test("is refused with the list while requirements are missing", async () => {
    const key = await ready({ files: { "modelworks/contract.json": "" } });
    await expect(
      requestVersionReview.execute(member.caller, { ...at(key), environment: "staging", rationale }),
    ).rejects.toMatchObject({
      code: "precondition_failed",
      details: {
        missing: [expect.objectContaining({ what: expect.stringContaining("No contract is declared") })],
      },
    });
  });
});

describe("who may", () => {
  const writes = (
    caller: Caller,
    key: { name: string; version: number },
  ): [string, () => Promise<unknown>][] => [
    ["contract", () => saveContract.execute(caller, { ...at(key), contract: goodContract(["a"]) })],
    ["card", () => saveCard.execute(caller, cardInput(key, { summary: "x" }))],
    ["gates", () => runGates.execute(caller, at(key))],
    [
      "review",
      () =>
        requestVersionReview.execute(caller, {
          ...at(key),
          environment: "staging",
          rationale: "because it is better",
        }),
    ],
    ["alias", () => setAlias.execute(caller, { ...at(key), alias: "champion" })],
  ];
  test("a viewer reads but changes nothing; another team finds nothing", async () => {
    const key = await ready();
    expect(await versionDetail.execute(viewer.caller, at(key))).toMatchObject({
      number: 1,
      state: "ready",
      missing: {},
    });
    for (const [what, write] of writes(viewer.caller, key))
      await expect(write(), what).rejects.toMatchObject({ code: "forbidden" });
    for (const [what, write] of writes(stranger.caller, key))
      await expect(write(), what).rejects.toMatchObject({ code: "not_found" });
    for (const read of [versionDetail, versionLineage, getCard])
      await expect(read.execute(stranger.caller, at(key))).rejects.toMatchObject({ code: "not_found" });
    await expect(modelDetail.execute(stranger.caller, { name: key.name })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(modelTimeline.execute(stranger.caller, { name: key.name })).rejects.toMatchObject({
      code: "not_found",
    });
    expect((await listModels.execute(stranger.caller, {})).items).toEqual([]);
    await expect(versionOf(stranger.ctx(), key.id)).rejects.toMatchObject({ code: "not_found" });
  });

  test("running the gates again is audited and asks the worker", async () => {
    const key = await ready();
    await runGates.execute(member.caller, at(key));
    expect(await audits(key.id, "registry.gates.run")).toBe(1);
    const { rows } = await world.db.execute<{ what: string }>(
      sql`select payload->>'what' as what from outbox_events where type = 'registry.evidence_changed' and payload->>'versionId' = ${key.id}`,
    );
    expect(rows).toEqual([{ what: "asked for" }]);
  });
});

test("the list pages by time and finds by name", async () => {
  for (let each = 0; each < 3; each += 1) await ready();
  const first = await listModels.execute(member.caller, { limit: 2 });
  const second = await listModels.execute(member.caller, { limit: 2, cursor: first.nextCursor });
  const names = [...first.items, ...second.items].map((row) => row.name);
  expect(new Set(names).size).toBe(4);
  const found = await listModels.execute(member.caller, { q: names[0] });
  expect(found.items[0]).toMatchObject({
    name: names[0],
    latestVersion: { number: 1, gatesOutcome: "pass" },
  });
});

test("leaves it known who refers to each blob", async () => {
  const { kept, ...differences } = await blobRefDifferences(world.db);
  expect(differences).toEqual({ stale: [], missing: [] });
  expect(kept).toBeGreaterThan(0);
});
