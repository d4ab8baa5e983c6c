import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { db } from "@/db/client";
import { appRouter } from "@/server/api/root";
import { actorOfRequest } from "@/server/auth/request-actor";
import { newId } from "@/server/core/ids";

const handler = (req: Request) =>
  fetchRequestHandler({
    endpoint: "/api/trpc",
    req,
    router: appRouter,
    createContext: async () => ({
      db: db(),
      requestId: newId("request"),
      actor: await actorOfRequest(db(), req.headers, req.method),
    }),
  });

export { handler as GET, handler as POST };
