import { mutationOf, queryOf, router } from "@/server/kit/trpc";
import { acknowledgeAlert } from "./alerts/acknowledge-alert";
import { listAlerts } from "./alerts/list-alerts";
import { getPrediction, listPredictions } from "./prediction-queries";
import { recordFeedback } from "./outcomes/record-feedback";
import { discardSetAside } from "./recording/discard-set-aside";
import { listSetAside } from "./recording/list-set-aside";
import { retrySetAside } from "./recording/retry-set-aside";
import { getTelling } from "./alerts/telling/get-telling";
import { previewRouting } from "./alerts/telling/preview-routing";
import { getRouting } from "./alerts/telling/get-routing";
import { setRouting } from "./alerts/telling/set-routing";
import { endSilence, listSilences, silenceAlerts } from "./alerts/silences";
import { getMonitored, listMonitored } from "./traffic-queries";

export const monitoringRouter = router({
  deployments: queryOf(listMonitored),
  deployment: queryOf(getMonitored),
  predictions: queryOf(listPredictions),
  prediction: queryOf(getPrediction),
  recordFeedback: mutationOf(recordFeedback),
  alerts: queryOf(listAlerts),
  telling: queryOf(getTelling),
  acknowledgeAlert: mutationOf(acknowledgeAlert),
  silences: queryOf(listSilences),
  silence: mutationOf(silenceAlerts),
  endSilence: mutationOf(endSilence),
  routing: queryOf(getRouting),
  setRouting: mutationOf(setRouting),
  previewRouting: queryOf(previewRouting),
  setAside: queryOf(listSetAside),
  retrySetAside: mutationOf(retrySetAside),
  discardSetAside: mutationOf(discardSetAside),
});
