import { Readable } from "node:stream";
import type { Context } from "hono";
import { objectStore } from "@/server/composition";
import type { HttpEnv } from "@/server/kit/app-env";
import { exportCard } from "./export-card";
import { getVersionFile } from "./queries";

/** Streams a sealed file, never as something a browser would run. */
export async function streamVersionFile(c: Context<HttpEnv>): Promise<Response> {
  const caller = await c.get("caller")();
  const file = await getVersionFile.execute(caller, { ...c.req.query(), ...c.req.param() });
  const stream = await objectStore().get(file.digest);
  const name = file.path.split("/").at(-1) ?? "file";
  return new Response(Readable.toWeb(stream) as ReadableStream, {
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(file.sizeBytes),
      "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
      "x-content-type-options": "nosniff",
      etag: `"${file.digest}"`,
    },
  });
}

/** The exported card as a file of its own media type. */
export async function streamCard(c: Context<HttpEnv>): Promise<Response> {
  const caller = await c.get("caller")();
  const exported = await exportCard.execute(caller, { ...c.req.query(), ...c.req.param() });
  return new Response(exported.text, {
    headers: {
      "content-type": `${exported.mediaType}; charset=utf-8`,
      "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(exported.fileName)}`,
      "x-content-type-options": "nosniff",
    },
  });
}
