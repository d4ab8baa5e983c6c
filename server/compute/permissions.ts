import { BUILD, TOUCH, VIEW, type Rules } from "@/server/plates/rule";

export const permissions = {
  "compute.job.read": { roles: VIEW, token: "read" },
  "compute.job.dispatch": { roles: BUILD, token: "write" },
  "compute.job.cancel": { roles: BUILD, token: "write" },
  "compute.quota.read": { roles: VIEW, token: "read" },
  "compute.quota.request": { roles: TOUCH, token: "write" },
  "compute.quota.decide": { platform: true, token: "review" },
  "compute.quota.set": { platform: true, token: "admin" },
} as const satisfies Rules;
