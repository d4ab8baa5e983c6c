import { createObjectStore } from "@/server/adapters/object-store/create-object-store";
import type { ObjectStore } from "@/server/adapters/object-store/port";
import { env } from "@/server/core/env";

/** The one place where ports meet their adapters, chosen by the settings. */

let store: ObjectStore | undefined;

/** Content-addressed blobs: a folder by default, any S3 by OBJECT_STORE_URL. */
export function objectStore(): ObjectStore {
  const settings = env();
  store ??= createObjectStore({ url: settings.objectStoreUrl, home: settings.home });
  return store;
}
