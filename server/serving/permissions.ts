import { BUILD, TOUCH, VIEW, type Rules } from "@/server/plates/rule";

export const permissions = {
  "serving.deployment.read": { roles: VIEW, token: "read" },
  "serving.deployment.write": { roles: BUILD, token: "write" },
  "serving.rollout.control": { roles: TOUCH, token: "write" },
  "serving.model.infer": { roles: TOUCH, token: "infer" },
} as const satisfies Rules;
