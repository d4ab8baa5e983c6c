import { z } from "zod";
import { MetricName } from "./schemas";

const Interval = z.object({ low: z.number(), high: z.number() });
const Arm = z.object({ n: z.number(), rate: z.number().nullable(), interval: Interval.nullable() });

/** The decision as it was stored with a rollout: what the pages and the API show. */
export const StoredVerdict = z.object({
  action: z.enum(["wait", "advance", "complete", "hold", "rollback"]),
  reason: z.string(),
  at: z.string(),
  verdicts: z.array(
    z.object({
      metric: MetricName,
      status: z.enum(["pass", "watching", "fail", "no-data", "inconclusive"]),
      stable: Arm,
      canary: Arm,
      difference: z.number().nullable(),
      interval: Interval.nullable(),
      /** Missing in what was stored before there were limits. */
      limit: z
        .object({ share: z.number(), state: z.enum(["kept", "broken", "open", "excused"]) })
        .nullable()
        .default(null),
      p: z.number(),
      measured: z.boolean(),
      sentence: z.string(),
      needsMore: z.object({ decision: z.enum(["fail", "pass"]), moreCanary: z.number() }).nullable(),
    }),
  ),
});
export type StoredVerdict = z.infer<typeof StoredVerdict>;
