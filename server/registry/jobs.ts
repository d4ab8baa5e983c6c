import { and, eq, ne } from "drizzle-orm";
import { db } from "@/db/client";
import { modelVersions } from "@/db/schema";
import { objectStore, secretKeys } from "@/server/composition";
import { log } from "@/server/core/log";
import { defineWorkflow, startWorkflow } from "@/server/durable/port";
import { every, on, systemCtx } from "@/server/kit/handlers";
import { resealCredentials } from "./credentials/store";
import { versionTriedBy } from "./qualify/may-run";
import { qualify } from "./qualify/run";
import type { Qualification } from "./qualify/qualify-version";
import { basisNow, staleVersions } from "./rejudge";
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

// People decided whether a model's own code may be tried; the gates follow.
on("governance.review_decided", "registry.trial", async ({ event }) => {
  const versionId = await versionTriedBy(db(), event.teamId, event.payload.reviewId);
  if (versionId !== undefined)
    await start({
      teamId: event.teamId,
      versionId,
      eventId: event.id,
      trigger: "a review of its code was decided",
      requestedBy: event.actorId,
      force: true,
    });
});

/** Starts a judgement of every version that the policies in force, or the scanner, have not judged; a second start of one changes nothing. */
async function rejudge(): Promise<void> {
  for (const { versionId, teamId, trigger, reasonId } of await staleVersions(db(), new Date()))
    await start({
      teamId,
      versionId,
      eventId: reasonId,
      trigger,
      requestedBy: systemCtx(teamId).actor.userId,
      force: true,
      storedEvidence: true,
    });
}

on("governance.policy_changed", "registry.rejudge", rejudge);

const EVERY_PASS_MS = 60_000;
let last = { basis: "", atMs: 0 };

// What an event cannot tell: another release's policies and scanner, the end of a grace, and versions judged while a policy changed.
every("registry.rejudge", 2_000, async () => {
  const nowMs = Date.now();
  const basis = await basisNow(db(), nowMs);
  if (basis === last.basis && nowMs - last.atMs < EVERY_PASS_MS) return;
  await rejudge();
  last = { basis, atMs: nowMs };
});

/** After a rotation of the key that seals credentials. */
every("registry.reseal-credentials", 60_000, async () => {
  const count = await resealCredentials(db(), await secretKeys());
  if (count > 0) log.info({ count }, "credentials sealed again with the newest key");
});
