import { BUILD, VIEW, type Rules } from "@/server/plates/rule";

export const permissions = {
  "datasets.dataset.read": { roles: VIEW, token: "read" },
  "datasets.dataset.write": { roles: BUILD, token: "write" },
} as const satisfies Rules;
