import { ADMIN, BUILD, VIEW, type Rules } from "@/server/plates/rule";

export const permissions = {
  "registry.model.read": { roles: VIEW, token: "read" },
  "registry.model.write": { roles: BUILD, token: "track" },
  "registry.protection.write": { roles: ADMIN, token: "admin" },
  "registry.endpoint.write": { roles: BUILD, token: "write" },
  "registry.credential.read": { roles: VIEW, token: "read" },
  "registry.credential.write": { roles: ADMIN, token: "admin" },
  "registry.card.write": { roles: BUILD, token: "write" },
} as const satisfies Rules;
