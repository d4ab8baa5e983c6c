import type { Context } from "hono";
import type { z } from "zod";
import type { Verb } from "@/server/core/verb";
import type { HttpEnv } from "@/server/kit/app-env";
import { rest, type RestRoute } from "@/server/kit/rest";
import {
  getAttestation,
  getBundle,
  getEnvelope,
  getProof,
  getSignatureBundle,
  listAttestations,
  verifyAttestation,
} from "./attestations/read-attestations";
import { whyAdmitted } from "./attestations/why-admitted";
import { getGateRun, getPolicy, listGateRuns, listPolicies, policyHistory } from "./gates/policy-verbs";
import { savePolicy } from "./gates/save-policy";
import { getCheckpoint, getConsistency, listLogEntries } from "./log/read-log";
import { verifyLog } from "./log/verify-log";
import { commentOnReview } from "./reviews/comment-on-review";
import { decideReview } from "./reviews/decide-review";
import { exportReview, getReview } from "./reviews/get-review";
import { assignReview, withdrawReview } from "./reviews/handle-review";
import { listReviews } from "./reviews/list-reviews";

/** A route that answers with a file under a name of its own. */
function download<S extends z.ZodType, O>(
  path: string,
  verb: Verb<S, O>,
  file: { type: string; suffix: string; text: (result: O) => string },
): RestRoute {
  const stream = async (c: Context<HttpEnv>) => {
    const caller = await c.get("caller")();
    const params: Record<string, string> = c.req.param();
    const result = await verb.execute(caller, { ...c.req.query(), ...params });
    return new Response(file.text(result), {
      headers: {
        "content-type": file.type,
        "content-disposition": `attachment; filename="${Object.values(params)[0] ?? "file"}${file.suffix}"`,
        "cache-control": "no-store",
        "x-request-id": caller.requestId,
      },
    });
  };
  return rest("Governance", "get", path, verb, { stream, streams: { response: file.type } });
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";

export const governanceRoutes: readonly RestRoute[] = [
  rest("Governance", "get", "/policies", listPolicies),
  rest("Governance", "get", "/policies/{key}", getPolicy),
  rest("Governance", "put", "/policies/{key}", savePolicy),
  rest("Governance", "get", "/policies/{key}/history", policyHistory),
  rest("Governance", "get", "/gate-runs", listGateRuns),
  rest("Governance", "get", "/gate-runs/{gateRunId}", getGateRun),
  rest("Governance", "get", "/evidence", whyAdmitted),
  rest("Governance", "get", "/attestations", listAttestations),
  rest("Governance", "get", "/attestations/{attestationId}", getAttestation),
  rest("Governance", "get", "/attestations/{attestationId}/verify", verifyAttestation),
  download("/attestations/{attestationId}/bundle", getBundle, {
    type: BUNDLE_TYPE,
    suffix: ".sigstore.json",
    text: json,
  }),
  download("/attestations/{attestationId}/signature-bundle", getSignatureBundle, {
    type: BUNDLE_TYPE,
    suffix: ".signature.sigstore.json",
    text: json,
  }),
  download("/attestations/{attestationId}/envelope", getEnvelope, {
    type: "application/vnd.dsse.envelope.v1+json",
    suffix: ".dsse.json",
    text: json,
  }),
  download("/attestations/{attestationId}/proof", getProof, {
    type: "text/plain; charset=utf-8",
    suffix: ".tlog-proof",
    text: ({ text }) => text,
  }),
  rest("Governance", "get", "/log/checkpoint", getCheckpoint),
  rest("Governance", "get", "/log/entries", listLogEntries),
  rest("Governance", "get", "/log/consistency", getConsistency),
  rest("Governance", "get", "/log/verify", verifyLog),
  rest("Reviews", "get", "/reviews", listReviews),
  rest("Reviews", "get", "/reviews/{reviewId}", getReview),
  rest("Reviews", "post", "/reviews/{reviewId}/decision", decideReview),
  rest("Reviews", "post", "/reviews/{reviewId}/comments", commentOnReview, { status: 201 }),
  rest("Reviews", "post", "/reviews/{reviewId}/assign", assignReview),
  rest("Reviews", "post", "/reviews/{reviewId}/withdraw", withdrawReview),
  download("/reviews/{reviewId}/export", exportReview, {
    type: "application/json",
    suffix: ".json",
    text: json,
  }),
];
