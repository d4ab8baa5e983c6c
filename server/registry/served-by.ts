import { sha256Hex } from "@/server/core/digest";
import type { ModelVersion } from "./load";
import { ownCodeOf } from "./qualify/may-run";
import { packagesOf } from "./qualify/python-environment";
import { StoredTrial } from "./qualify/trial-schemas";
import { MLMODEL } from "./rules";

export interface ServedBy {
  /** Null for a version that no gateway serves. */
  runtime: "onnx" | "python" | "elsewhere" | null;
  /** The runtime for people: "Python 3.12 with 69 packages". */
  words: string;
  /** Of Python, once they are locked. */
  packages: { name: string; version: string }[];
  lockDigest: string | null;
  /** What of it the scan could not tell to be harmless. */
  ownCode: string[];
  trial: { state: StoredTrial["state"]; message: string } | null;
}

/** What loads a version, with which packages, and what came of trying it. */
export function servedBy(
  version: Pick<ModelVersion, "weightsPath" | "weightsDigest" | "evidence" | "endpoint">,
): ServedBy {
  const stored = StoredTrial.safeParse(version.evidence.trial);
  const current = stored.success && stored.data.weightsDigest === version.weightsDigest;
  const trial = current ? stored.data : null;
  const shown = trial ? { state: trial.state, message: trial.message } : null;
  const none = { packages: [], lockDigest: null, ownCode: [], trial: shown };
  if (version.weightsPath === null) return { runtime: null, words: "nothing", ...none };
  if (version.endpoint !== null) return { runtime: "elsewhere", words: "a server elsewhere", ...none };
  if (version.weightsPath !== MLMODEL) return { runtime: "onnx", words: "ONNX Runtime", ...none };
  const ownCode = ownCodeOf(version);
  const environment = trial?.environment;
  if (!environment) return { runtime: "python", words: "Python", ...none, ownCode };
  const packages = packagesOf(environment.lock);
  return {
    runtime: "python",
    words: `Python ${environment.python} with ${packages.length} packages`,
    packages,
    lockDigest: `sha256:${sha256Hex(environment.lock)}`,
    ownCode,
    trial: shown,
  };
}
