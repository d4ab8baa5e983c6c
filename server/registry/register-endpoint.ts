import { Readable } from "node:stream";
import { modelVersionFiles } from "@/db/schema";
import { requireTlsForCredential } from "@/server/adapters/external-endpoint/endpoint-client";
import { requireAllowed } from "@/server/adapters/external-endpoint/guarded-agents";
import { ENDPOINT_FILE } from "@/server/adapters/external-endpoint/schemas";
import type { EndpointFile } from "@/server/adapters/external-endpoint/schemas";
import { objectStore } from "@/server/composition";
import { audit } from "@/server/core/audit";
import { canonicalJson } from "@/server/core/canonical-json";
import type { Ctx } from "@/server/core/context";
import { digestOf, manifestDigest } from "@/server/core/digest";
import { env } from "@/server/core/env";
import { invalidField, isAppError } from "@/server/core/errors";
import { inTransaction, mutation } from "@/server/core/verb";
import { runOf } from "@/server/experiments";
import { usableCredential } from "./credentials/store";
import { insertVersion } from "./insert-version";
import { loadModel } from "./load";
import { RegisterEndpointInput } from "./schemas";

const atField = (field: string, error: unknown): unknown =>
  isAppError(error) && error.code === "invalid" ? invalidField(field, error.message, error.hint) : error;

/** @throws AppError `invalid` that names the field */
async function requireUsable(ctx: Ctx, file: EndpointFile): Promise<void> {
  const url = new URL(file.url);
  try {
    requireAllowed(env().endpointHosts, url);
  } catch (error) {
    throw atField("endpoint.url", error);
  }
  try {
    requireTlsForCredential(file);
    if (file.credential !== null) await usableCredential(ctx.db, ctx.actor.teamId, file.credential, url);
  } catch (error) {
    throw atField("endpoint.credential", error);
  }
}

/**
 * Registers a model that runs elsewhere as the next version. Its only file says where; it is sealed, tried and judged as every version is. The
 * file is stored first, without a transaction open.
 */
export const registerEndpoint = mutation(
  {
    name: "registry.endpoint.register",
    permission: "registry.endpoint.write",
    input: RegisterEndpointInput,
    summary: "Register an external endpoint as a model version",
    transactional: false,
  },
  async ({ ctx, input }) => {
    const { endpoint, contract } = input;
    await requireUsable(ctx, endpoint);
    await loadModel(ctx, input.name);
    const stored = await objectStore().put(Readable.from([Buffer.from(canonicalJson(endpoint), "utf8")]));
    const file = { path: ENDPOINT_FILE, ...stored };
    return inTransaction(ctx, async (tx) => {
      const model = await loadModel(tx, input.name);
      const run = input.runId ? await runOf(tx, input.runId) : undefined;
      const version = await insertVersion(
        tx,
        model,
        { run, relation: "evaluated", isJudged: true },
        {
          stateText: "Waiting to be tried and judged",
          source: `endpoint:${endpoint.url}`,
          endpoint,
          description: input.description,
          manifestDigest: manifestDigest([file]),
          weightsPath: file.path,
          weightsDigest: file.digest,
          ...(contract ? { contract, contractDigest: digestOf(contract) } : {}),
        },
      );
      const { id } = version;
      await tx.db
        .insert(modelVersionFiles)
        .values({ versionId: id, path: file.path, digest: file.digest, sizeBytes: file.sizeBytes });
      await audit(tx, {
        action: "registry.endpoint.register",
        subject: { kind: "model_version", id, label: `${version.modelName} ${version.number}` },
        after: { endpoint, runId: version.runId, manifestDigest: version.manifestDigest },
      });
      return version;
    });
  },
);
