import { ne } from "drizzle-orm";
import { sessions } from "@/db/schema";
import { NoInput, mutation } from "@/server/core/verb";
import { end } from "./browser-session-parts";

export const endOtherSessions = mutation(
  {
    name: "identity.session.end_others",
    permission: "identity.session.manage",
    input: NoInput,
    summary: "End my sessions in all other browsers",
  },
  async ({ ctx }) => ({ ended: await end(ctx, ne(sessions.id, ctx.actor.sessionId ?? "")) }),
);
