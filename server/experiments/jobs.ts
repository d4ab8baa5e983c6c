import { db } from "@/db/client";
import { every } from "@/server/kit/handlers";
import { addMetricMonths } from "./metric-months";

every(
  "experiments.metric-months",
  3_600_000,
  async () => {
    await addMetricMonths(db(), new Date());
  },
  { twice: "months are made where they are missing" },
);
