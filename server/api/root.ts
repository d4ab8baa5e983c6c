import { liveChanges } from "./live";
import { createCallerFactory, router } from "./trpc";

/** All domains of the browser's door. */
export const appRouter = router({
  live: router({ changes: liveChanges }),
});

export type AppRouter = typeof appRouter;
export const createCaller = createCallerFactory(appRouter);
