import { z } from "zod";

export const INSIGHT_WINDOWS = { "7d": 7, "30d": 30, "90d": 90, "365d": 365 } as const;
export const InsightsInput = z.object({ window: z.enum(["7d", "30d", "90d", "365d"]).default("30d") });
