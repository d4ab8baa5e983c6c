import path from "node:path";
import { fileURLToPath } from "node:url";
import { invalid } from "@/server/core/errors";
import { createLocalObjectStore } from "./local";
import type { ObjectStore } from "./port";
import { createS3ObjectStore } from "./s3";

const DEFAULT_STAGING_MAX_BYTES = 20 * 1024 ** 3;

/** Where blobs live. */
export interface ObjectStoreSettings {
  /** `s3://bucket/prefix?endpoint=…&region=…` or `file:///folder`; without it, `<home>/objects`. */
  url?: string | undefined;
  /** The product's own folder on this machine. */
  home: string;
  stagingMaxBytes?: number | undefined;
}

/** The object store that the settings name. Error: `invalid` for an unknown kind of address. */
export function createObjectStore(settings: ObjectStoreSettings): ObjectStore {
  const { url, home } = settings;
  if (url === undefined || url === "") return createLocalObjectStore(path.join(home, "objects"));
  if (url.startsWith("file://")) return createLocalObjectStore(fileURLToPath(url));
  if (url.startsWith("s3://")) {
    return createS3ObjectStore({
      url,
      stagingRoot: path.join(home, "staging"),
      stagingMaxBytes: settings.stagingMaxBytes ?? DEFAULT_STAGING_MAX_BYTES,
    });
  }
  throw invalid(
    `The object store address starts with "${url.slice(0, url.indexOf(":") + 1)}", which is not supported`,
    "Set OBJECT_STORE_URL to s3://bucket/prefix or file:///folder, or leave it out.",
  );
}
