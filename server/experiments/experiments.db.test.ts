import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import type { Actor } from "@/server/core/actor";
import { createExperiment, getExperimentByName } from "./index";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

let teams = 0;
/** Someone of a team of its own. */
function fresh() {
  const teamId = `team_${(teams += 1)}`;
  const actor: Actor = {
    kind: "user",
    userId: "usr_ada",
    name: "Ada",
    teamId,
    teamSlug: teamId,
    role: "member",
    isPlatformAdmin: false,
  };
  return { actor, db: database.db };
}

it("an experiment is found again by the name it was created with", async () => {
  const ours = fresh();
  const { id } = await createExperiment.execute(ours, { name: "churn " });
  for (const name of ["churn ", "churn", " churn"])
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await getExperimentByName.execute(ours, { name })).toMatchObject({ id, name: "churn" });
  await expect(getExperimentByName.execute(ours, { name: " " })).rejects.toMatchObject({
    code: "invalid",
    details: { fields: { name: "must not be empty" } },
  });
});
