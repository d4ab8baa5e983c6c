import path from "node:path";
import { createAnalytics, type Analytics } from "@/server/adapters/analytics";
import { createLocalCluster, pickBuildEnv, type Cluster } from "@/server/adapters/cluster";
import { openLocalSigners, type LogSigner, type Signer } from "@/server/adapters/signer";
import { createObjectStore } from "@/server/adapters/object-store/create-object-store";
import type { ObjectStore } from "@/server/adapters/object-store/port";
import { env, inheritedEnvironment } from "@/server/core/env";

/** The one place where ports meet their adapters, chosen by the settings. */

let store: ObjectStore | undefined;
let local: Cluster | undefined;

/** Content-addressed blobs: a folder by default, any S3 by OBJECT_STORE_URL. */
export function objectStore(): ObjectStore {
  const settings = env();
  store ??= createObjectStore({ url: settings.objectStoreUrl, home: settings.home });
  return store;
}

/** Where users' jobs run: processes of this machine, kept under `<home>/jobs`. */
export function cluster(): Cluster {
  const settings = env();
  const inherited = inheritedEnvironment();
  local ??= createLocalCluster({
    root: path.join(settings.home, "jobs"),
    home: settings.home,
    python: settings.python,
    path: inherited.PATH,
    buildEnv: pickBuildEnv(inherited),
  });
  return local;
}

let signers: Promise<{ attestation: Signer; log: LogSigner }> | undefined;

/** Opened once; a failure is not kept, so that a repaired key file is found without a restart. */
function openSigners() {
  signers ??= openLocalSigners(path.join(env().home, "keys")).catch((error: unknown) => {
    signers = undefined;
    throw error;
  });
  return signers;
}

/** Signs attestations. The key is made on first use, in MODELWORKS_HOME/keys. */
export const attestorSigner = async (): Promise<Signer> => (await openSigners()).attestation;

/** Signs the transparency log's checkpoints; another key than the attestor's. */
export const logSigner = async (): Promise<LogSigner> => (await openSigners()).log;

let tables: Analytics | undefined;

/** Reads tables in processes of their own; what they spill lies under `<home>/scratch`. */
export function analytics(): Analytics {
  tables ??= createAnalytics({ scratchRoot: path.join(env().home, "scratch") });
  return tables;
}
