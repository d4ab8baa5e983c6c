import { ADMIN, TOUCH, VIEW, type Rules } from "@/server/plates/rule";

export const permissions = {
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
} as const satisfies Rules;
