import { Readable } from "node:stream";
import type { Context } from "hono";
import { objectStore } from "@/server/composition";
import type { HttpEnv } from "@/server/kit/app-env";
import { getJobOutput } from "./job-files";

/** Streams an output from the object store, never as something a browser would run. */
export async function downloadOutput(c: Context<HttpEnv>): Promise<Response> {
  const caller = await c.get("caller")();
  const file = await getJobOutput.execute(caller, { ...c.req.query(), ...c.req.param() });
  const name = file.path.split("/").at(-1) ?? "output";
  return new Response(Readable.toWeb(await objectStore().get(file.digest)) as ReadableStream, {
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(file.sizeBytes),
      "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
      "x-content-type-options": "nosniff",
      "x-content-digest": file.digest,
      etag: `"${file.digest}"`,
    },
  });
}
