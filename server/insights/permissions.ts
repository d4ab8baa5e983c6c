import { VIEW, type Rules } from "@/server/plates/rule";

export const permissions = {
  "insights.read": { roles: VIEW, token: "read" },
} as const satisfies Rules;
