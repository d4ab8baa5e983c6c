import type { Db } from "@/db/client";
import type { Actor } from "./actor";
import { AppError } from "./errors";
import { newId } from "./ids";
import { log as rootLog, type Log } from "./log";

/** What a verb is handed: who acts, the database (inside a mutation: the open transaction), and this request's identity. */
export interface Ctx {
  actor: Actor;
  db: Db;
  requestId: string;
  log: Log;
  now: () => Date;
  /** Bookkeeping of the verb wrapper; verbs do not touch it. */
  trail: { audited: number; inTransaction: boolean };
}

/** A caller whose actor may be absent (public doors). */
export interface Caller {
  actor: Actor | undefined;
  db: Db;
  requestId?: string | undefined;
  log?: Log;
  now?: () => Date;
}

export function createCtx(caller: Caller): Ctx {
  const requestId = caller.requestId ?? newId("request");
  let child: Log | undefined;
  const anonymous: Actor = {
    kind: "user",
    userId: "anonymous",
    name: "Anonymous",
    teamId: "",
    teamSlug: "",
    role: undefined,
    isPlatformAdmin: false,
  };
  return {
    actor: caller.actor ?? anonymous,
    db: caller.db,
    requestId,
    // Most requests log nothing, and a child logger is not free.
    get log() {
      child ??= (caller.log ?? rootLog).child({ requestId });
      return child;
    },
    now: caller.now ?? (() => new Date()),
    trail: { audited: 0, inTransaction: false },
  };
}

export const unauthenticated = () =>
  new AppError("unauthenticated", "You are not signed in.", {
    hint: "Sign in, or send an API token as Authorization: Bearer mw_….",
  });
