import type { Rules } from "@/server/plates/rule";

export const permissions = {
  "notifications.inbox.read": { signedIn: true, token: "read" },
  "notifications.inbox.update": { signedIn: true },
} as const satisfies Rules;
