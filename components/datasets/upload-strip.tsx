"use client";
import Link from "next/link";
import { formatDuration } from "@/components/common/format";
import { StatusBadge } from "@/components/common/status-badge";
import { Elapsed } from "@/components/common/time-ago";
import { useNow } from "@/components/common/use-now";
import { Callout } from "@/components/ui/callout";
import type { Upload } from "./types";

const STEPS: Record<string, string> = {
  receiving: "Receiving the bytes",
  received: "Waiting for inspection",
  inspecting: "Reading every row: schema, profile and digests",
};

const RECENT_MS = 10 * 60_000;
const FAILURE_SHOWN_MS = 24 * 60 * 60_000;

/** What became of the latest upload: under way, registered a moment ago, or refused with line and column. */
export function UploadStrip({
  uploads,
  shownVersionId,
}: {
  uploads: readonly Upload[];
  shownVersionId: string | null;
}) {
  const now = useNow();
  const running = uploads.filter((upload) => upload.state in STEPS);
  const [latest] = uploads;
  const age = latest?.finishedAt && now > 0 ? now - latest.finishedAt.getTime() : Infinity;
  return (
    <div aria-live="polite" className="flex flex-col gap-2 empty:hidden">
      {running.map((upload) => (
        <div
          key={upload.id}
          className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded-lg border bg-surface px-4 py-2"
        >
          <StatusBadge status="processing" />
          <span className="min-w-0 truncate font-medium">{upload.fileName}</span>
          <span className="text-fg-muted">{STEPS[upload.state]}</span>
          <span className="ml-auto text-sm text-fg-subtle">
            <Elapsed from={upload.createdAt} format={formatDuration} />
          </span>
        </div>
      ))}
      {latest?.state === "failed" && age < FAILURE_SHOWN_MS ? (
        <Callout tone="negative" title={`${latest.fileName} was not registered`}>
          <p className="font-mono text-sm break-words">{latest.error?.message ?? latest.message}</p>
          {latest.error ? <p>{latest.error.hint}</p> : null}
        </Callout>
      ) : null}
      {latest?.state === "registered" && age < RECENT_MS ? (
        <Callout
          tone={latest.message.startsWith("These bytes") ? "info" : "positive"}
          title={latest.fileName}
        >
          {latest.message}{" "}
          {latest.versionId !== shownVersionId && latest.versionNumber !== null ? (
            <Link
              className="text-accent-text hover:underline"
              href={`/datasets/${latest.slug}/versions/${latest.versionNumber}`}
            >
              Open version {latest.versionNumber}
            </Link>
          ) : null}
        </Callout>
      ) : null}
    </div>
  );
}
