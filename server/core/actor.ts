import type { TeamRole, TokenScope } from "@/server/plates/rule";

export { TEAM_ROLES, TOKEN_SCOPES, type TeamRole, type TokenScope } from "@/server/plates/rule";

/** Who acts. Roles are read from the database on each request, never trusted from a cookie. */
export interface Actor {
  kind: "user" | "token" | "system";
  /** The person behind the act; for a token its owner, for the system `system`. */
  userId: string;
  name: string;
  teamId: string;
  teamSlug: string;
  /** Role in the active team; undefined when the person is no member of it. */
  role: TeamRole | undefined;
  isPlatformAdmin: boolean;
  /** The browser session of a person. */
  sessionId?: string | undefined;
  tokenId?: string | undefined;
  scopes?: readonly TokenScope[] | undefined;
  /** Set when a job of ours acts with its own token. */
  jobId?: string | undefined;
}

/** The factory itself, acting for one team (or for none, in platform-wide work). */
export function systemActor(teamId: string, name = "Modelworks"): Actor {
  return {
    kind: "system",
    userId: "system",
    name,
    teamId,
    teamSlug: "",
    role: "admin",
    isPlatformAdmin: true,
  };
}
