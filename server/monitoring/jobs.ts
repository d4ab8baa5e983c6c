import { db } from "@/db/client";
import { log } from "@/server/core/log";
import { every, on, systemCtx } from "@/server/worker/handlers";
import { reportAllDrift } from "./drift/run-drift";
import { sendAlert } from "./send-alert";
import { sweepPending } from "./pending-feedback";
import {
  watchApprovals,
  watchApprovalsOfReview,
  watchApprovalsOfVersion,
  watchPolicies,
} from "./watch-approvals";
import { watchGateways } from "./watch-gateways";
import { watchErrors } from "./watch-errors";
import { watchRollout } from "./watch-rollouts";

every("monitoring.sweep-pending-feedback", 2_000, async () => {
  const { forgotten } = await sweepPending(db(), new Date());
  if (forgotten > 0) log.warn({ forgotten }, "feedback dropped: its predictions never came");
});
every("monitoring.watch-errors", 10_000, () => watchErrors(db(), new Date(), (teamId) => systemCtx(teamId)));
every("monitoring.watch-gateways", 5_000, () => watchGateways(db(), (teamId) => systemCtx(teamId)));
every("monitoring.watch-policies", 2_000, () =>
  watchPolicies(db(), new Date(), (teamId) => systemCtx(teamId)),
);
every("monitoring.report-drift", 60_000, () => reportAllDrift(db(), (teamId) => systemCtx(teamId)));

on("monitoring.alert_raised", "monitoring.webhook", ({ ctx, event }) =>
  sendAlert(ctx, event.payload.alertId),
);
on("monitoring.alert_resolved", "monitoring.webhook", ({ ctx, event }) =>
  sendAlert(ctx, event.payload.alertId),
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
