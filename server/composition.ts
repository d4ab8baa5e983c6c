import path from "node:path";
import { createAnalytics, type Analytics } from "@/server/adapters/analytics";
import { createLocalCluster, pickBuildEnv, type Cluster } from "@/server/adapters/cluster";
import {
  keyRingStamp,
  openKeyRing,
  trustedAttestors,
  type KeyRing,
  type LogSigner,
  type Signer,
} from "@/server/adapters/signer";
import type { PythonSettings } from "@/server/adapters/model-runtime/python/environments";
import { openSecretKeys, secretKeysStamp, type SecretKeys } from "@/server/adapters/secret-box";
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

/** Environments of the models that Python serves: built as those of jobs are, beside them, and by users that no job has meanwhile. */
export function pythonModels(): PythonSettings {
  const settings = env();
  const inherited = inheritedEnvironment();
  return {
    root: path.join(settings.home, "jobs"),
    home: settings.home,
    python: settings.python,
    path: inherited.PATH,
    buildEnv: pickBuildEnv(inherited),
  };
}

let ring: { stamp: string; keys: Promise<KeyRing> } | undefined;

/** The signing keys. Read again when their files changed, so that a rotation, a revocation or a repaired file needs no restart. */
export async function keyRing(): Promise<KeyRing> {
  const folder = path.join(env().home, "keys");
  const stamp = await keyRingStamp(folder);
  if (ring?.stamp !== stamp) {
    const opened = { stamp, keys: openKeyRing(folder) };
    ring = opened;
    // A failure is not kept.
    opened.keys.catch(() => {
      if (ring === opened) ring = undefined;
    });
  }
  return ring.keys;
}

/** Signs attestations. The key is made on first use, in MODELWORKS_HOME/keys. */
export const attestorSigner = async (): Promise<Signer> => (await keyRing()).attestation;

/** Signs the transparency log's checkpoints; another key than the attestor's. */
export const logSigner = async (): Promise<LogSigner> => (await keyRing()).log;

/** Public keys whose attestations count, from this machine's own disk. */
export const trustedAttestorKeys = async (): Promise<string[]> => trustedAttestors(await keyRing());

let sealing: { stamp: string; keys: Promise<SecretKeys> } | undefined;

/** The keys that seal credentials, from MODELWORKS_HOME/keys; read again when they changed. */
export async function secretKeys(): Promise<SecretKeys> {
  const folder = path.join(env().home, "keys");
  const stamp = await secretKeysStamp(folder);
  if (sealing?.stamp !== stamp) {
    const opened = { stamp, keys: openSecretKeys(folder) };
    sealing = opened;
    opened.keys.catch(() => {
      if (sealing === opened) sealing = undefined;
    });
  }
  return sealing.keys;
}

let tables: Analytics | undefined;

/** Reads tables in processes of their own; what they spill lies under `<home>/scratch`. */
export function analytics(): Analytics {
  tables ??= createAnalytics({ scratchRoot: path.join(env().home, "scratch") });
  return tables;
}
