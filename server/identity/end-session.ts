import { eq } from "drizzle-orm";
import { sessions } from "@/db/schema";
import { notFound } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { SessionInput } from "./schemas";
import { end } from "./browser-session-parts";

export const endSession = mutation(
  {
    name: "identity.session.end",
    permission: "identity.session.manage",
    input: SessionInput,
    summary: "End one of my sessions at once",
  },
  async ({ ctx, input }) => {
    const ended = await end(ctx, eq(sessions.id, input.sessionId));
    if (ended === 0) throw notFound("session", input.sessionId);
    return { ended };
  },
);
