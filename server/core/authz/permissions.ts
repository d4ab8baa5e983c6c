import type { Actor, TeamRole, TokenScope } from "../actor";

/**
 * One table for every door: permission → who may. `roles` are roles in the active team; `platform` means a platform
 * administrator only; `token` names the scope with which an API token may do it (no scope: people only).
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

const VIEW: readonly TeamRole[] = ["viewer", "member", "reviewer", "admin"];
const BUILD: readonly TeamRole[] = ["member", "admin"];
const TOUCH: readonly TeamRole[] = ["member", "reviewer", "admin"];
const REVIEW: readonly TeamRole[] = ["reviewer", "admin"];
const ADMIN: readonly TeamRole[] = ["admin"];

export const PERMISSIONS = {
  // identity
  "identity.session.read": { signedIn: true, token: "read" },
  "identity.session.manage": { signedIn: true },
  "identity.team.switch": { signedIn: true },
  "identity.profile.update": { signedIn: true },
  "identity.setup.claim": { public: true },
  "identity.people.read": { roles: VIEW, token: "read" },
  "identity.people.manage": { platform: true, token: "admin" },
  "identity.team.manage": { platform: true, token: "admin" },
  "identity.member.manage": { roles: ADMIN, token: "admin" },
  "identity.token.read": { roles: VIEW, token: "read" },
  "identity.token.create": { roles: TOUCH },
  "identity.token.revoke": { roles: VIEW },
  "identity.audit.read": { roles: ADMIN, token: "admin" },
  "identity.audit.verify": { roles: ADMIN, token: "admin" },
  // notifications and search
  "notifications.inbox.read": { signedIn: true, token: "read" },
  "notifications.inbox.update": { signedIn: true },
  "catalog.search": { roles: VIEW, token: "read" },
  "catalog.view.read": { roles: VIEW, token: "read" },
  "catalog.view.save": { roles: VIEW, token: "write" },
  "catalog.view.share": { roles: TOUCH, token: "write" },
  "catalog.lineage.read": { roles: VIEW, token: "read" },
  // datasets
  "datasets.dataset.read": { roles: VIEW, token: "read" },
  "datasets.dataset.write": { roles: BUILD, token: "write" },
  // compute
  "compute.job.read": { roles: VIEW, token: "read" },
  "compute.job.dispatch": { roles: BUILD, token: "write" },
  "compute.job.cancel": { roles: BUILD, token: "write" },
  "compute.quota.read": { roles: VIEW, token: "read" },
  "compute.quota.request": { roles: TOUCH, token: "write" },
  "compute.quota.decide": { platform: true, token: "review" },
  "compute.quota.set": { platform: true, token: "admin" },
  // experiments
  "experiments.run.read": { roles: VIEW, token: "read" },
  "experiments.run.write": { roles: BUILD, token: "track" },
  // registry
  "registry.model.read": { roles: VIEW, token: "read" },
  "registry.model.write": { roles: BUILD, token: "track" },
  "registry.protection.write": { roles: ADMIN, token: "admin" },
  "registry.endpoint.write": { roles: BUILD, token: "write" },
  "registry.credential.read": { roles: VIEW, token: "read" },
  "registry.credential.write": { roles: ADMIN, token: "admin" },
  "registry.card.write": { roles: BUILD, token: "write" },
  // governance
  "governance.policy.read": { roles: VIEW, token: "read" },
  "governance.policy.write": { platform: true, token: "admin" },
  "governance.gate.read": { roles: VIEW, token: "read" },
  "governance.gate.run": { roles: TOUCH, token: "write" },
  "governance.attestation.read": { roles: VIEW, token: "read" },
  "governance.log.read": { public: true },
  "governance.review.read": { roles: VIEW, token: "read" },
  "governance.review.request": { roles: BUILD, token: "write" },
  "governance.review.comment": { roles: TOUCH, token: "review" },
  "governance.review.decide": { roles: REVIEW, token: "review" },
  // serving
  "serving.deployment.read": { roles: VIEW, token: "read" },
  "serving.deployment.write": { roles: BUILD, token: "write" },
  "serving.rollout.control": { roles: TOUCH, token: "write" },
  "serving.model.infer": { roles: TOUCH, token: "infer" },
  // monitoring
  "monitoring.prediction.read": { roles: VIEW, token: "read" },
  "monitoring.feedback.write": { roles: TOUCH, token: "infer" },
  "monitoring.alert.read": { roles: VIEW, token: "read" },
  "monitoring.alert.update": { roles: TOUCH, token: "write" },
  "monitoring.routing.write": { roles: ADMIN, token: "admin" },
  // insights and platform
  "insights.read": { roles: VIEW, token: "read" },
  "platform.console.read": { platform: true, token: "admin" },
  "platform.work.retry": { platform: true, token: "admin" },
  "platform.health.read": { public: true },
} as const satisfies Record<string, Rule>;

export type Permission = keyof typeof PERMISSIONS;

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
