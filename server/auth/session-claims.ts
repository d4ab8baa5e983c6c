import { z } from "zod";
import type { SessionClaims } from "./sessions";

const Claims = z.object({ uid: z.string(), sv: z.number(), sid: z.string() });

/** What the cookie's token claims; undefined for one of another form, such as that of an earlier release. */
export function sessionClaims(token: unknown): SessionClaims | undefined {
  const parsed = Claims.safeParse(token);
  if (!parsed.success) return undefined;
  const { uid, sv, sid } = parsed.data;
  return { userId: uid, sessionVersion: sv, sessionId: sid };
}
