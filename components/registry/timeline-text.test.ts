import { expect, it } from "vitest";
import { timelineText } from "./timeline-text";

const item = {
  label: "risk",
  version: 3,
  deployment: "risk-api",
  environment: "production",
  reason: null,
};

it.each([
  [{ action: "registry.version.create", label: "risk v3" }, "registered risk v3"],
  [{ action: "registry.alias.set", after: { alias: "champion" } }, "set @champion on version 3"],
  [{ action: "registry.alias.delete", before: { alias: "champion" } }, "took @champion from version 3"],
  [
    { action: "governance.review.decide", after: { decision: "approve" }, reason: "Sound" },
    "approved version 3 for production: Sound",
  ],
  [
    { action: "governance.review.decide", after: { decision: "reject" } },
    "rejected version 3 for production",
  ],
  [
    { action: "governance.review.decide", after: { decision: "request_changes" } },
    "requested changes to version 3 for production",
  ],
  [{ action: "serving.deployment.deploy" }, "deployed version 3 to risk-api"],
  [
    { action: "serving.rollout.finish", after: { state: "rolled_back" }, reason: "Errors" },
    "rolled back the canary of version 3 in risk-api: Errors",
  ],
  [
    { action: "serving.rollout.finish", after: { state: "aborted" } },
    "ended the canary of version 3 in risk-api",
  ],
  [{ action: "serving.rollout.pause" }, "paused the canary of version 3 in risk-api"],
  [{ action: "serving.rollout.new-thing" }, "changed (new-thing) version 3 in risk-api"],
])("says what $action means", (row, words) => {
  expect(timelineText({ ...item, ...row })).toBe(words);
});
