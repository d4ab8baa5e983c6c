import { mutationOf, router } from "@/server/api/trpc";
import { recordFeedback } from "./record-feedback";

export const monitoringRouter = router({
  recordFeedback: mutationOf(recordFeedback),
});
