import { and, eq, inArray } from "drizzle-orm";
import type { z } from "zod";
import { uploads } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { notifyLive } from "@/server/core/live";
import type { InspectionFailure } from "./schemas";
import { topicsOfThing } from "@/server/plates/kinds";
import { datasetTopic, datasetsTopic } from "./kinds";

const OPEN = ["receiving", "received", "inspecting"];

/**
 * Closes an upload with the reason; nothing of it is registered. Repeating it changes nothing, and one that is in none of the
 * states `from` any more is left as it is.
 */
export async function failUpload(
  ctx: Ctx,
  uploadId: string,
  failure: z.infer<typeof InspectionFailure>,
  from: readonly string[] = OPEN,
) {
  const [upload] = await ctx.db
    .update(uploads)
    .set({ state: "failed", error: failure, message: failure.message, finishedAt: ctx.now() })
    .where(
      and(eq(uploads.id, uploadId), eq(uploads.teamId, ctx.actor.teamId), inArray(uploads.state, [...from])),
    )
    .returning();
  if (!upload) return;
  await audit(ctx, {
    action: "datasets.upload.fail",
    subject: { kind: "dataset", id: upload.datasetId, label: upload.fileName },
    after: { uploadId, fileName: upload.fileName, code: failure.code, message: failure.message },
  });
  // The page of the job that made the file says why it became no dataset.
  const ofJob = upload.producedByJobId ? topicsOfThing("job", upload.producedByJobId) : [];
  await notifyLive(ctx.db, ctx.actor.teamId, datasetTopic(upload.datasetId), datasetsTopic, ...ofJob);
}
