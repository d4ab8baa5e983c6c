import { BUILD, VIEW, type Rules } from "@/server/plates/rule";

export const permissions = {
  "experiments.run.read": { roles: VIEW, token: "read" },
  "experiments.run.write": { roles: BUILD, token: "track" },
} as const satisfies Rules;
