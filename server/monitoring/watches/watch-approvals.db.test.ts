import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { alerts, modelCards } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { prepareHome } from "@/server/compute/testing";
import { systemActor, type Actor } from "@/server/core/actor";
import { createCtx } from "@/server/core/context";
import { digestOf } from "@/server/core/digest";
import { deploy } from "@/server/serving";
import { makeModel, prove } from "@/server/serving/testing";
import { makePerson, makeTeam } from "../testing";
import { getMonitored } from "../traffic-queries";
import { watchApprovals, watchApprovalsOfVersion } from "./watch-approvals";

let database: TestDatabase;
let owner: Actor;

const as = (actor: Actor) => ({ actor, db: database.db });

beforeAll(async () => {
  database = await createTestDatabase();
  prepareHome(database.url);
  owner = await makePerson(database.db, await makeTeam(database.db, "risk"), "member");
});
afterAll(() => database.close());

it("tell that what serves would not be admitted now, and end when it is approved again", async () => {
  const [version] = await makeModel(database.db, owner, 1);
  if (!version) throw new Error("no version");
  await prove(database.db, owner, version, "production");
  const ctx = createCtx({ actor: systemActor(owner.teamId), db: database.db });
  const { deploymentId, name } = await deploy.execute(as(owner), {
    model: version.model,
    version: 1,
    environment: "production",
  });
  const alertOf = async () =>
    (await database.db.select().from(alerts).where(eq(alerts.subjectId, deploymentId)))[0];
  await watchApprovals(ctx, deploymentId);
  expect(await alertOf()).toBeUndefined();
  await database.db
    .insert(modelCards)
    .values({ versionId: version.id, digest: digestOf("edited"), updatedBy: owner.userId });
  await watchApprovalsOfVersion(ctx, version.id);
  await watchApprovalsOfVersion(ctx, version.id);
  expect(await alertOf()).toMatchObject({
    kind: "approval",
    state: "firing",
    href: `/deployments/${name}`,
    body: expect.stringContaining("Version 1: approval: the model card changed since the approval."),
  });
  expect((await getMonitored.execute(as(owner), { name })).alerts).toHaveLength(1);
  await database.db.delete(modelCards).where(eq(modelCards.versionId, version.id));
  await watchApprovals(ctx, deploymentId);
  expect(await alertOf()).toMatchObject({ state: "resolved" });
});
