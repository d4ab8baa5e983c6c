import { audit } from "@/server/core/audit";
import { precondition } from "@/server/core/errors";
import { emit } from "@/server/core/outbox";
import { mutation } from "@/server/core/verb";
import { hasFiles, loadVersion } from "./load";
import { VersionInput } from "./schemas";

/** Runs the gates again on what is known now, also while the source run has not ended. */
export const runGates = mutation(
  {
    name: "registry.gates.run",
    permission: "governance.gate.run",
    input: VersionInput,
    summary: "Run the gates of a version again",
  },
  async ({ ctx, input }) => {
    const version = await loadVersion(ctx, input.name, input.version);
    if (version.state === "failed" || !hasFiles(version))
      throw precondition(
        version.stateText || "This version has no files to judge.",
        "Register the model again.",
      );
    await emit(ctx, {
      type: "registry.evidence_changed",
      payload: { versionId: version.id, what: "asked for" },
    });
    await audit(ctx, {
      action: "registry.gates.run",
      subject: { kind: "model_version", id: version.id, label: `${version.modelName} v${version.number}` },
      after: { gateRunId: version.gateRunId },
    });
    return { versionId: version.id, state: "queued" };
  },
);
