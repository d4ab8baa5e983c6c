import { db } from "@/db/client";
import { every } from "@/server/kit/handlers";
import { sealAudit } from "./seal-audit";

every(
  "identity.seal-audit",
  1_000,
  async () => {
    await sealAudit(db());
  },
  { twice: "the database seals for one session at a time", wokenBy: "mw_audit" },
);
