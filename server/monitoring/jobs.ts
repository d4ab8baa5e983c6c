import { db } from "@/db/client";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { every, on, systemCtx } from "@/server/worker/handlers";
import { reportAllDrift } from "./drift/run-drift";
import { retainPredictions } from "./recording/retention";
import { retainTraffic } from "./recording/retain-traffic";
import { sweepPending } from "./outcomes/pending-feedback";
import { deliverAlerts } from "./alerts/telling/deliver-alerts";
import { tellAlerts } from "./alerts/telling/tell-alerts";
import {
  watchApprovals,
  watchApprovalsOfReview,
  watchApprovalsOfVersion,
  watchPolicies,
} from "./watches/watch-approvals";
import { watchGateways } from "./watches/watch-gateways";
import { watchErrors } from "./watches/watch-errors";
import { watchHealth, watchRecording } from "./watches/watch-health";
import { watchPromotionOf, watchPromotions } from "./watches/watch-promotions";
import { watchRollout } from "./watches/watch-rollouts";

every("monitoring.sweep-pending-feedback", 2_000, async () => {
  const { forgotten } = await sweepPending(db(), new Date());
  if (forgotten > 0) log.warn({ forgotten }, "feedback dropped: its predictions never came");
});
every("monitoring.retain-predictions", 3_600_000, async () => {
  const retained = await retainPredictions(db(), new Date(), env().predictionRetentionDays);
  if (retained.dropped.length > 0 || retained.deleted > 0) log.info(retained, "old predictions are gone");
});
every("monitoring.retain-traffic", 3_600_000, async () => {
  const retained = await retainTraffic(db(), new Date(), env().trafficRetentionDays);
  if (retained.dropped.length > 0 || retained.deleted > 0) log.info(retained, "old traffic counts are gone");
});
every("monitoring.watch-errors", 10_000, () => watchErrors(db(), new Date(), (teamId) => systemCtx(teamId)));
every("monitoring.tell-alerts", 1_000, () => tellAlerts(db(), new Date(), (teamId) => systemCtx(teamId)));
every("monitoring.watch-health", 60_000, () => watchHealth(db(), new Date(), (teamId) => systemCtx(teamId)));
every("monitoring.watch-promotions", 15_000, () =>
  watchPromotions(db(), new Date(), (teamId) => systemCtx(teamId)),
);
every("monitoring.watch-recording", 15_000, () => watchRecording(db(), (teamId) => systemCtx(teamId)));
every("monitoring.watch-gateways", 5_000, () => watchGateways(db(), (teamId) => systemCtx(teamId)));
every("monitoring.watch-policies", 2_000, () =>
  watchPolicies(db(), new Date(), (teamId) => systemCtx(teamId)),
);
every("monitoring.report-drift", 60_000, () => reportAllDrift(db(), (teamId) => systemCtx(teamId)));

on("monitoring.alerts_told", "monitoring.webhook", ({ ctx, event }) =>
  deliverAlerts(ctx, event.payload.groupId),
);

on("serving.rollout_finished", "monitoring.alert", ({ ctx, event }) =>
  watchRollout(ctx, event.payload.rolloutId, event.payload.state),
);

// Whatever can end or renew an admission, and whatever changes what serves.
on("governance.review_voided", "monitoring.approvals", ({ ctx, event }) =>
  watchApprovalsOfReview(ctx, event.payload.reviewId),
);
on("governance.review_decided", "monitoring.approvals", ({ ctx, event }) =>
  watchApprovalsOfReview(ctx, event.payload.reviewId),
);
on("registry.version_ready", "monitoring.approvals", ({ ctx, event }) =>
  watchApprovalsOfVersion(ctx, event.payload.versionId),
);
on("serving.deployment_changed", "monitoring.approvals", ({ ctx, event }) =>
  watchApprovals(ctx, event.payload.deploymentId),
);
on("serving.deployment_changed", "monitoring.promotion", ({ ctx, event }) =>
  watchPromotionOf(ctx, event.payload.deploymentId),
);
