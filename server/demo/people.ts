import { eq } from "drizzle-orm";
import { db } from "@/db/client";
import { people } from "@/server/identity";
import { actorOfUser } from "@/server/auth/actor";
import { createCtx, type Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";

/** A context in which a demo account acts through the same verbs, permissions and audit as a person in the browser. */
export async function asDemoPerson(email: "scientist@demo.local" | "reviewer@demo.local"): Promise<Ctx> {
  const [user] = await db().select().from(people).where(eq(people.email, email));
  const actor = user ? await actorOfUser(db(), user.id, user.sessionVersion) : undefined;
  if (!actor) throw new Error(`The demo account ${email} is missing or disabled.`);
  return createCtx({ actor, db: db(), requestId: newId("request") });
}
