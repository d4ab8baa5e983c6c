import { z } from "zod";
import { TEAM_ROLES } from "@/server/core/actor";
import { ALERT_KIND_NAMES } from "../rules";

export const ALERT_SEVERITIES = ["critical", "warning"] as const;

const People = z.object({
  /** Everybody with one of these roles in the team. */
  roles: z.array(z.enum(TEAM_ROLES)).max(TEAM_ROLES.length).default([]),
  userIds: z.array(z.string().min(1).max(100)).max(50).default([]),
});

const EscalationLevel = People.extend({
  afterMinutes: z
    .number()
    .int("must be a whole number of minutes")
    .min(1, "must be at least one minute")
    .max(7 * 24 * 60, "must not be longer than a week"),
}).refine((level) => level.roles.length + level.userIds.length > 0, {
  path: ["roles"],
  message: "Say who is told at this level.",
});

const Route = People.extend({
  /** Null: both. */
  severity: z.enum(ALERT_SEVERITIES).nullable().default(null),
  /** Empty: every kind. */
  kinds: z.array(z.enum(ALERT_KIND_NAMES)).max(ALERT_KIND_NAMES.length).default([]),
  /** Whether the owner of the deployment is told. */
  owner: z.boolean().default(true),
  webhook: z.boolean().default(true),
  /** How long the first alert of a group waits for others. */
  groupWaitSeconds: z.number().int().min(0).max(3_600, "must not be longer than an hour").default(10),
  /** How long a group that was told waits before it tells what changed. */
  groupIntervalSeconds: z
    .number()
    .int()
    .min(1, "must be at least one second")
    .max(24 * 3_600, "must not be longer than a day")
    .default(300),
  /** How often an alert that nobody acknowledged is told again; null: never. */
  repeatMinutes: z
    .number()
    .int()
    .min(1, "must be at least one minute")
    .max(30 * 24 * 60, "must not be longer than 30 days")
    .nullable()
    .default(240),
  escalation: z.array(EscalationLevel).max(5, "has at most five levels").default([]),
});

export const AlertRoute = Route.superRefine((route, issues) => {
  if (!route.owner && !route.webhook && route.roles.length + route.userIds.length === 0)
    issues.addIssue({
      code: "custom",
      path: ["owner"],
      message: "Say who is told. To tell nobody for a while, silence the alerts.",
    });
  route.escalation.forEach((level, i) => {
    const before = route.escalation[i - 1];
    if (before && level.afterMinutes <= before.afterMinutes)
      issues.addIssue({
        code: "custom",
        path: ["escalation", i, "afterMinutes"],
        message: `must be later than the level before, ${before.afterMinutes} minutes`,
      });
  });
});
export type AlertRoute = z.output<typeof AlertRoute>;

export const AlertRoutes = z.array(AlertRoute).max(50, "A team has at most 50 routes.");

export const SetRoutingInput = z.object({
  routes: AlertRoutes,
  /** The revision that the caller saw; 0 where the team has set nothing yet. */
  revision: z.number().int().min(0),
});

export const PreviewRoutingInput = z.object({
  /** Left out: the team's routes as they are. */
  routes: AlertRoutes.optional(),
  kind: z.enum(ALERT_KIND_NAMES),
  severity: z.enum(ALERT_SEVERITIES),
  /** Whose owner is told. */
  deployment: z.string().min(1).max(63).optional(),
});
