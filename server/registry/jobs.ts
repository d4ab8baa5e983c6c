import { and, eq, ne } from "drizzle-orm";
import { db } from "@/db/client";
import { modelVersions } from "@/db/schema";
import { objectStore } from "@/server/composition";
import { defineWorkflow, startWorkflow } from "@/server/durable/port";
import { on, systemCtx } from "@/server/worker/handlers";
import { qualify } from "./qualify/run";
import type { Qualification } from "./qualify/qualify-version";
import "./subject";

const WORKFLOW = "registry.qualify-version";

interface Input extends Qualification {
  teamId: string;
}

/** Each step may run again: it finds what it did before and goes on. */
defineWorkflow<Input>(WORKFLOW, (wf, input) =>
  qualify(systemCtx(input.teamId), objectStore(), input, (name, work) =>
    wf.step(name, work, { maxAttempts: 5 }),
  ),
);

const start = (input: Input) =>
  startWorkflow(WORKFLOW, { id: `${WORKFLOW}:${input.versionId}:${input.eventId}`, input });

on("registry.version_registered", "registry.qualify", ({ event }) =>
  start({
    teamId: event.teamId,
    versionId: event.payload.versionId,
    eventId: event.id,
    trigger: "registered",
    requestedBy: event.actorId,
    force: false,
  }),
);

on("registry.evidence_changed", "registry.qualify", ({ event }) =>
  start({
    teamId: event.teamId,
    versionId: event.payload.versionId,
    eventId: event.id,
    trigger: event.payload.what,
    requestedBy: event.actorId,
    force: event.payload.what === "asked for",
  }),
);

// A version registered inside its run is judged when the run has ended: only then is its record complete.
on("experiments.run_finished", "registry.qualify", async ({ event }) => {
  const versions = await db()
    .select({ id: modelVersions.id })
    .from(modelVersions)
    .where(
      and(
        eq(modelVersions.runId, event.payload.runId),
        eq(modelVersions.teamId, event.teamId),
        ne(modelVersions.state, "deleted"),
        ne(modelVersions.state, "failed"),
      ),
    );
  for (const { id } of versions)
    await start({
      teamId: event.teamId,
      versionId: id,
      eventId: event.id,
      trigger: "source run ended",
      requestedBy: event.actorId,
      force: false,
    });
});
