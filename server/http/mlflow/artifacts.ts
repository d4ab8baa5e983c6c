import { Readable } from "node:stream";
import { Hono, type Context } from "hono";
import { objectStore } from "@/server/composition";
import { invalidField } from "@/server/core/errors";
import {
  deleteArtifact,
  getArtifact,
  listArtifacts,
  prepareArtifact,
  putArtifact,
} from "@/server/experiments";
import type { HttpEnv } from "@/server/kit/app-env";
import { endingWithAccess } from "@/server/kit/ending-with-access";
import { wireError, wireJson } from "./wire";

const PREFIX = "/mlflow-artifacts/artifacts/";

function rawPath(c: Context<HttpEnv>): string {
  const path = new URL(c.req.url).pathname;
  const at = path.indexOf(PREFIX);
  return at < 0 ? (c.req.query("path") ?? "") : path.slice(at + PREFIX.length);
}

/** The path after the proxy's prefix, decoded once; what still looks encoded or climbs is refused by the verb. */
function artifactPath(c: Context<HttpEnv>): string {
  const raw = rawPath(c);
  try {
    const decoded = decodeURIComponent(raw);
    if (/%2e|%2f|%5c/i.test(decoded)) throw new URIError("encoded twice");
    return decoded;
  } catch {
    throw invalidField("path", "is not a valid path");
  }
}

async function upload(c: Context<HttpEnv>): Promise<Response> {
  const caller = await c.get("caller")();
  const path = artifactPath(c);
  await prepareArtifact.execute(caller, { path });
  const body = c.req.raw.body;
  const stream = body ? Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]) : Readable.from([]);
  const stored = await objectStore().put(stream);
  await putArtifact.execute(caller, { path, ...stored, mediaType: c.req.header("content-type") });
  return c.json({});
}

async function download(c: Context<HttpEnv>): Promise<Response> {
  const caller = await c.get("caller")();
  const artifact = await getArtifact.execute(caller, { path: artifactPath(c) });
  const stream = await objectStore().get(artifact.digest);
  const name = artifact.path.split("/").at(-1) ?? "artifact";
  const answer = new Response(Readable.toWeb(stream) as ReadableStream, {
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(artifact.sizeBytes),
      "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
      "x-content-type-options": "nosniff",
      etag: `"${artifact.digest}"`,
    },
  });
  return endingWithAccess(c, getArtifact.definition.permission, answer);
}

async function listing(c: Context<HttpEnv>): Promise<Response> {
  const caller = await c.get("caller")();
  const path = c.req.query("path") ?? "";
  const files = await listArtifacts.execute(caller, { path });
  const entries = files.map((file) => ({
    path: file.path.split("/").at(-1),
    is_dir: file.isDir,
    file_size: file.sizeBytes,
  }));
  return new Response(wireJson({ files: entries }), { headers: { "content-type": "application/json" } });
}

/** The artifact proxy: bytes are streamed to and from the object store, never held. */
export function artifactApp(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.onError((error, c) => wireError(c, error, { path: rawPath(c) }));
  app.get("/artifacts", listing);
  app.get("/artifacts/*", download);
  app.put("/artifacts/*", upload);
  app.delete("/artifacts/*", async (c) => {
    await deleteArtifact.execute(await c.get("caller")(), { path: artifactPath(c) });
    return c.json({});
  });
  app.post("/mpu/:action/*", (c) =>
    c.json(
      {
        error_code: "NOT_IMPLEMENTED",
        message:
          "Multipart upload is not supported for the current artifact repository; send the file in one PUT.",
      },
      501,
    ),
  );
  return app;
}
