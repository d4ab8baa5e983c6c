import { StatusBadge } from "@/components/common/status-badge";

const LABEL: Record<string, string> = {
  pass: "Gates passed",
  fail: "Gates failed",
  indeterminate: "Gates in doubt",
  error: "Gates not judged",
};

/** What the gates said, in one badge; nothing said yet is its own state. */
export function GatesBadge({ outcome }: { outcome: string | null }) {
  return outcome === null ? (
    <StatusBadge status="waiting" label="Gates not run" />
  ) : (
    <StatusBadge status={outcome} label={LABEL[outcome] ?? outcome} />
  );
}
