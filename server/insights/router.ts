import { queryOf, router } from "@/server/kit/trpc";
import { getVelocity } from "./queries";

export const insightsRouter = router({ velocity: queryOf(getVelocity) });
