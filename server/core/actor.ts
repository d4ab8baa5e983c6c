export const TEAM_ROLES = ["viewer", "member", "reviewer", "admin"] as const;
export type TeamRole = (typeof TEAM_ROLES)[number];

/**
 * What an API token may do. `review` lets it decide in its owner's name and is in no other scope: whoever hands it to a script has
 * said so by hand. Tokens of jobs never have it.
 */
export const TOKEN_SCOPES = ["read", "write", "track", "infer", "review", "admin"] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

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
