import { afterAll, beforeAll, expect, it } from "vitest";
import { objectStore } from "@/server/composition";
import { createWorld, type World } from "@/server/governance/testing";
import { deleteVersion } from "../index";
import { endRun, registeredVersion, trainedRun } from "../testing";
import { qualify } from "./run";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

it.each(["seal", "collect", "try", "judge"])(
  "a version that is deleted before the step %s ends its qualification, and no step fails",
  async (deletedBefore) => {
    const member = await world.person("member");
    const line = await trainedRun(member.caller, world.system());
    const name = `gone before ${deletedBefore}`;
    const { version } = await registeredVersion(member.caller, line, { name });
    await endRun(member.caller, line.runId);
    const failed: unknown[] = [];
    const outcome = await qualify(
      world.system(),
      objectStore(),
      { versionId: version.id, eventId: "evt_1", trigger: "registered", requestedBy: "system", force: true },
      async (step, work) => {
        if (step === deletedBefore)
          await deleteVersion.execute(member.caller, { name, version: version.number });
        return work().catch((error: unknown) => {
          failed.push(error);
          throw error;
        });
      },
    );
    expect([outcome, failed]).toEqual(["gone", []]);
  },
);
