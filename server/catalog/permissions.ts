import { TOUCH, VIEW, type Rules } from "@/server/plates/rule";

export const permissions = {
  "catalog.search": { roles: VIEW, token: "read" },
  "catalog.view.read": { roles: VIEW, token: "read" },
  "catalog.view.save": { roles: VIEW, token: "write" },
  "catalog.view.share": { roles: TOUCH, token: "write" },
  "catalog.lineage.read": { roles: VIEW, token: "read" },
} as const satisfies Rules;
