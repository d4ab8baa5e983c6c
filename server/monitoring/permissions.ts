import { ADMIN, TOUCH, VIEW, type Rules } from "@/server/plates/rule";

export const permissions = {
  "monitoring.prediction.read": { roles: VIEW, token: "read" },
  "monitoring.feedback.write": { roles: TOUCH, token: "infer" },
  "monitoring.alert.read": { roles: VIEW, token: "read" },
  "monitoring.alert.update": { roles: TOUCH, token: "write" },
  "monitoring.routing.write": { roles: ADMIN, token: "admin" },
} as const satisfies Rules;
