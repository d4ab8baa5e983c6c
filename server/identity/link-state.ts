import { db } from "@/db/client";
import { createCtx } from "@/server/core/context";
import { readOneTimeLink } from "./one-time-links";

/** Whether a page may offer the form of a one-time link; the claim itself checks again. */
export async function linkState(token: string, prefix: "setup" | "reset:"): Promise<boolean> {
  const purpose = await readOneTimeLink(createCtx({ actor: undefined, db: db() }), token);
  return purpose?.startsWith(prefix) ?? false;
}
