import { BUILD, REVIEW, TOUCH, VIEW, type Rules } from "@/server/plates/rule";

export const permissions = {
  "governance.policy.read": { roles: VIEW, token: "read" },
  "governance.policy.write": { platform: true, token: "admin" },
  "governance.gate.read": { roles: VIEW, token: "read" },
  "governance.gate.run": { roles: TOUCH, token: "write" },
  "governance.attestation.read": { roles: VIEW, token: "read" },
  "governance.log.read": { public: true },
  "governance.review.read": { roles: VIEW, token: "read" },
  "governance.review.request": { roles: BUILD, token: "write" },
  "governance.review.comment": { roles: TOUCH, token: "review" },
  "governance.review.decide": { roles: REVIEW, token: "review" },
} as const satisfies Rules;
