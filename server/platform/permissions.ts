import type { Rules } from "@/server/plates/rule";

export const permissions = {
  "platform.console.read": { platform: true, token: "admin" },
  "platform.work.retry": { platform: true, token: "admin" },
  "platform.health.read": { public: true },
} as const satisfies Rules;
