import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { db } from "@/db/client";
import { appRouter } from "@/server/house/router";
import { call } from "@/server/kit/trpc";
import { actorOfRequest } from "@/server/auth/request-actor";
import { newId } from "@/server/core/ids";

const handler = (req: Request) => {
  const actorNow = () => actorOfRequest(db(), req.headers, req.method);
  return fetchRequestHandler({
    endpoint: "/api/trpc",
    req,
    router: appRouter,
    createContext: async () => ({
      db: db(),
      requestId: newId("request"),
      actor: await call(actorNow),
      actorNow,
    }),
  });
};

export { handler as GET, handler as POST };
