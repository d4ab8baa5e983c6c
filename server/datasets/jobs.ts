import { and, desc, eq } from "drizzle-orm";
import type { z } from "zod";
import { db } from "@/db/client";
import { datasetVersions, uploads } from "@/db/schema";
import { TableRefused } from "@/server/adapters/analytics";
import { analytics, objectStore } from "@/server/composition";
import { log } from "@/server/core/log";
import { notifyLive } from "@/server/core/live";
import { isTransient } from "@/server/core/transient";
import { defineWorkflow, startWorkflow } from "@/server/durable/port";
import { every, on, systemCtx } from "@/server/kit/handlers";
import { abandonedUploadSweep } from "./close-abandoned-uploads";
import { failUpload } from "./fail-upload";
import { manifestOf, registerVersion, type StoredDiff } from "./register-version";
import type { Inspection, InspectionFailure } from "./schemas";
import { compareVersions, datasetVersionOf } from "./version-queries";
import { datasetTopic } from "./kinds";

const WORKFLOW = "datasets.inspect-upload";

interface Input {
  uploadId: string;
  teamId: string;
  /** The line that names the columns, where somebody chose one. */
  headerLine?: number | undefined;
}

type Outcome =
  | { status: "inspected"; inspection: z.infer<typeof Inspection> }
  | { status: "refused"; failure: z.infer<typeof InspectionFailure> };

const LOST = {
  code: "inspection_lost",
  message: "The file could not be inspected: the inspecting process was lost three times.",
  hint: "Send the file again; if it stays, give the upload's id to the platform team.",
};

async function startInspection({
  uploadId,
  teamId,
}: Input): Promise<typeof uploads.$inferSelect | undefined> {
  const [upload] = await db()
    .update(uploads)
    .set({ state: "inspecting" })
    .where(and(eq(uploads.id, uploadId), eq(uploads.teamId, teamId), eq(uploads.state, "received")))
    .returning();
  if (upload) await notifyLive(db(), teamId, datasetTopic(upload.datasetId));
  const [now] = await db().select().from(uploads).where(eq(uploads.id, uploadId));
  return now;
}

async function inspect(input: Input): Promise<Outcome | null> {
  const upload = await startInspection(input);
  if (upload?.state !== "inspecting" || !upload.blobDigest) return null;
  try {
    const file = await objectStore().localPath(upload.blobDigest);
    return { status: "inspected", inspection: await analytics().inspect(file, input.headerLine) };
  } catch (error) {
    if (error instanceof TableRefused) return { status: "refused", failure: error.failure };
    throw error;
  }
}

/** The difference to the newest version; null when there is none, or when comparing fails (a page can ask again). */
async function compareToLatest(
  { uploadId, teamId }: Input,
  { format, text }: Pick<z.infer<typeof Inspection>, "format" | "text">,
): Promise<StoredDiff | null> {
  const ctx = systemCtx(teamId);
  const [upload] = await ctx.db.select().from(uploads).where(eq(uploads.id, uploadId));
  if (!upload?.blobDigest) return null;
  const [latest] = await ctx.db
    .select({ id: datasetVersions.id, manifestDigest: datasetVersions.manifestDigest })
    .from(datasetVersions)
    .where(eq(datasetVersions.datasetId, upload.datasetId))
    .orderBy(desc(datasetVersions.number))
    .limit(1);
  if (!latest || latest.manifestDigest === manifestOf(upload)) return null;
  const before = await datasetVersionOf(ctx, latest.id);
  const file = {
    path: upload.fileName,
    digest: upload.blobDigest,
    sizeBytes: upload.sizeBytes ?? 0,
    mediaType: "",
  };
  try {
    const diff = await compareVersions(before, { files: [file], format, text });
    return { against: before.id, againstNumber: before.number, diff };
  } catch (error) {
    log.warn({ err: error, uploadId }, "difference to the version before could not be computed");
    return null;
  }
}

defineWorkflow<Input>(WORKFLOW, async (wf, input) => {
  const outcome = await wf
    .step("inspect", () => inspect(input))
    .catch((error: unknown) => {
      // A broken connection says nothing about the file: the workflow goes on at this step.
      if (isTransient(error)) throw error;
      log.error({ err: error, uploadId: input.uploadId }, "inspection failed");
      return { status: "refused" as const, failure: LOST };
    });
  if (!outcome) return;
  if (outcome.status === "refused") {
    await wf.once("fail", input.teamId, (ctx) => failUpload(ctx, input.uploadId, outcome.failure));
    return;
  }
  const { inspection } = outcome;
  const diff = await wf.step("compare", () => compareToLatest(input, inspection));
  await wf.once("register", input.teamId, (ctx) => registerVersion(ctx, input.uploadId, inspection, diff));
});

on("datasets.upload_received", WORKFLOW, async ({ event }) => {
  const { uploadId, headerLine } = event.payload;
  await startWorkflow(WORKFLOW, {
    id: `${WORKFLOW}:${uploadId}`,
    input: { uploadId, teamId: event.teamId, headerLine } satisfies Input,
  });
});

const closeAbandoned = abandonedUploadSweep(systemCtx);
every("datasets.close-abandoned-uploads", 10_000, () => closeAbandoned(db()), {
  twice: "an upload is closed where it is still open",
});
