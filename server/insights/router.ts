import { queryOf, router } from "@/server/api/trpc";
import { getVelocity } from "./queries";

export const insightsRouter = router({ velocity: queryOf(getVelocity) });
