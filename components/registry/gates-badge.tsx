import { StatusBadge } from "@/components/common/status-badge";

/** What the gates said and who accepted it, in one badge and the words that every page uses; nothing said yet is its own state. */
export function GatesBadge({ outcome, words }: { outcome: string | null; words: string | null }) {
  return outcome === null ? (
    <StatusBadge status="waiting" label="Gates not run" />
  ) : (
    <StatusBadge status={outcome} label={`Gates: ${words ?? "not judged"}`} />
  );
}
