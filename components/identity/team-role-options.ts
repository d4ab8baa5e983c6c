import type { TeamRole } from "@/server/core/actor";

/** What each role of a team may do, in a few words. */
export const TEAM_ROLE_OPTIONS: readonly { value: TeamRole; label: string }[] = [
  { value: "viewer", label: "Viewer: reads" },
  { value: "member", label: "Member: builds" },
  { value: "reviewer", label: "Reviewer: decides reviews" },
  { value: "admin", label: "Admin: all of it, and the people" },
];

/** With its article: "a viewer". */
export const roleInWords = (role: TeamRole): string => `${role === "admin" ? "an" : "a"} ${role}`;

/** The same in a sentence, to be read before the role is given. */
export const ROLE_ALLOWS: Readonly<Record<TeamRole, string>> = {
  viewer: "A viewer reads all of the team's work and changes none of it.",
  member:
    "A member builds: launches jobs, trains and registers models, deploys them. A member decides no reviews.",
  reviewer: "A reviewer decides reviews and controls rollouts, and builds nothing.",
  admin:
    "An admin may do everything in the team: build, decide reviews, read the audit log, and add, change and remove members.",
};
