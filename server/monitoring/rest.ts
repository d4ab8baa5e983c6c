import { rest, type RestRoute } from "@/server/kit/rest";
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

const TAG = "Monitoring";

export const monitoringRoutes: readonly RestRoute[] = [
  rest(TAG, "get", "/monitoring", listMonitored),
  rest(TAG, "get", "/monitoring/{name}", getMonitored),
  rest(TAG, "get", "/monitoring/{name}/predictions", listPredictions),
  rest(TAG, "get", "/predictions/{predictionId}", getPrediction),
  rest(TAG, "post", "/feedback", recordFeedback),
  rest(TAG, "get", "/alerts", listAlerts),
  rest(TAG, "post", "/alerts/telling", getTelling),
  rest(TAG, "post", "/alerts/{alertId}/acknowledge", acknowledgeAlert),
  rest(TAG, "get", "/silences", listSilences),
  rest(TAG, "post", "/silences", silenceAlerts),
  rest(TAG, "post", "/silences/{silenceId}/end", endSilence),
  rest(TAG, "get", "/alert-routing", getRouting),
  rest(TAG, "put", "/alert-routing", setRouting),
  rest(TAG, "post", "/alert-routing/preview", previewRouting),
  rest(TAG, "get", "/platform/set-aside", listSetAside),
  rest(TAG, "post", "/platform/set-aside/{id}/retry", retrySetAside),
  rest(TAG, "post", "/platform/set-aside/{id}/discard", discardSetAside),
];
