import type { Actor } from "../actor";
import { PERMISSIONS, type Permission } from "@/server/plates/permissions";
import { ADMIN, VIEW, type Rule, type TokenScope } from "@/server/plates/rule";

export { PERMISSIONS, type Permission, type Rule };

export interface Verdict {
  allowed: boolean;
  /** Why not, in words a disabled control can show. */
  reason?: string;
}

const BROADER: Record<TokenScope, readonly TokenScope[]> = {
  read: ["read", "write", "track", "review", "admin"],
  write: ["write", "admin"],
  track: ["track", "write", "admin"],
  infer: ["infer", "write", "admin"],
  review: ["review"],
  admin: ["admin"],
};

const listOf = (roles: readonly string[]) => roles.join(" or ");

/** Decides from the table alone; used by every door and by the screen that greys out a button. */
export function can(actor: Actor | undefined, permission: Permission): Verdict {
  const rule: Rule = PERMISSIONS[permission];
  if (rule.public) return { allowed: true };
  if (!actor) return { allowed: false, reason: "Sign in first." };
  if (actor.kind === "system") return { allowed: true };
  if (actor.kind === "token") {
    if (!rule.token) return { allowed: false, reason: "API tokens cannot do this; sign in as a person." };
    const scopes = actor.scopes ?? [];
    if (!BROADER[rule.token].some((scope) => scopes.includes(scope))) {
      return { allowed: false, reason: `This token lacks the scope "${rule.token}".` };
    }
  }
  if (rule.signedIn) return { allowed: true };
  if (rule.platform) {
    return actor.isPlatformAdmin
      ? { allowed: true }
      : { allowed: false, reason: "Only platform administrators can do this." };
  }
  const roles = rule.roles ?? [];
  if (actor.role && roles.includes(actor.role)) return { allowed: true };
  if (actor.isPlatformAdmin && (roles === VIEW || roles === ADMIN)) return { allowed: true };
  return {
    allowed: false,
    reason: `Needs the role ${listOf(roles)} in this team${actor.role ? `; you are ${actor.role}` : ""}. A team admin can grant it.`,
  };
}
