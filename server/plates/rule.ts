export const TEAM_ROLES = ["viewer", "member", "reviewer", "admin"] as const;
export type TeamRole = (typeof TEAM_ROLES)[number];

/**
 * What an API token may do. `review` lets it decide in its owner's name and is in no other scope: whoever hands it to a script has
 * said so by hand. Tokens of jobs never have it.
 */
export const TOKEN_SCOPES = ["read", "write", "track", "infer", "review", "admin"] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/**
 * Who may do something. `roles` are roles in the active team; `platform` means a platform administrator only; `token` names the scope with
 * which an API token may do it (no scope: people only).
 */
export interface Rule {
  roles?: readonly TeamRole[];
  platform?: true;
  /** Anyone signed in, whatever their role. */
  signedIn?: true;
  /** Nobody needs to sign in. */
  public?: true;
  token?: TokenScope;
}

/** A room's permissions by name: `<room>.<noun>.<verb>`. */
export type Rules = Readonly<Record<string, Rule>>;

export const VIEW: readonly TeamRole[] = ["viewer", "member", "reviewer", "admin"];
export const BUILD: readonly TeamRole[] = ["member", "admin"];
export const TOUCH: readonly TeamRole[] = ["member", "reviewer", "admin"];
export const REVIEW: readonly TeamRole[] = ["reviewer", "admin"];
export const ADMIN: readonly TeamRole[] = ["admin"];
