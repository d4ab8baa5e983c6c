import type { RoomKinds } from "@/server/plates/kind";
import { topic, topicOf } from "@/server/plates/topic";

export const reviewHref = (id: string) => `/reviews/${id}`;
export const policyHref = (key: string) => `/policies/${key}`;
export const attestationHref = (id: string) => `/log/attestations/${id}`;

export const reviewTopic = topicOf("review");
export const reviewsTopic = topic("reviews");

export const kinds = {
  ids: { policy: "pol", gateRun: "gr", attestation: "ats", review: "rev" },
  things: {
    gate: { icon: "file-check-2", word: "Gate" },
    log_entry: { icon: "scroll-text", word: "Log entry" },
    policy: { icon: "file-check-2", word: "Policy" },
    review: { icon: "clipboard-check", word: "Review" },
  },
  statuses: {
    evaluating: { label: "Evaluating", icon: "loader-circle", tone: "info", moving: true },
    gates_running: { label: "Gates running", icon: "loader-circle", tone: "info", moving: true },
    gates_passed: { label: "Gates passed", icon: "shield-check", tone: "positive" },
    gates_failed: { label: "Gates failed", icon: "circle-x", tone: "negative" },
    passed: { label: "Passed", icon: "circle-check", tone: "positive" },
    pass: { label: "Passes", icon: "circle-check", tone: "positive" },
    fail: { label: "Fails", icon: "circle-x", tone: "negative" },
    indeterminate: { label: "Undecided", icon: "circle-help", tone: "warning" },
    missing: { label: "No verdict", icon: "circle-dashed", tone: "warning" },
    waived: { label: "Waived", icon: "circle-dot", tone: "warning" },
    skipped: { label: "Does not apply", icon: "circle-slash", tone: "neutral" },
    in_review: { label: "In review", icon: "eye", tone: "info" },
    review_pending: { label: "Awaiting review", icon: "eye", tone: "warning" },
    approved: { label: "Approved", icon: "circle-check", tone: "positive" },
    changes_requested: { label: "Changes requested", icon: "undo-2", tone: "warning" },
    rejected: { label: "Rejected", icon: "circle-x", tone: "negative" },
    dismissed: { label: "Dismissed", icon: "circle-slash", tone: "neutral" },
    void: { label: "Void", icon: "circle-slash", tone: "warning" },
    revoked: { label: "Revoked", icon: "ban", tone: "negative" },
    withdrawn: { label: "Withdrawn", icon: "undo-2", tone: "neutral" },
  },
  topics: [reviewTopic, reviewsTopic],
  places: [
    { group: "Govern", at: 2, href: "/reviews", label: "Reviews", key: "r", icon: "clipboard-check" },
    { group: "Govern", at: 3, href: "/policies", label: "Policies", key: "p", icon: "file-check-2" },
    { group: "Govern", at: 4, href: "/log", label: "Transparency log", key: "l", icon: "scroll-text" },
  ],
} as const satisfies RoomKinds;
