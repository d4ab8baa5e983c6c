"use client";
import dynamic from "next/dynamic";
import Link from "next/link";
import { formatDuration } from "@/components/common/format";
import { StatusBadge } from "@/components/common/status-badge";
import { Elapsed } from "@/components/common/time-ago";
import { useNow } from "@/components/common/use-now";
import { Callout } from "@/components/ui/callout";
import type { Upload } from "./types";
import { datasetVersionHref } from "@/server/datasets/kinds";

const RefusedUpload = dynamic(() => import("./refused-upload").then((module) => module.RefusedUpload));

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
  const failed = latest?.state === "failed" && age < FAILURE_SHOWN_MS ? latest : undefined;
  const registered = latest?.state === "registered" && age < RECENT_MS ? latest : undefined;
  return (
    <>
      <div className="flex flex-col gap-2 empty:hidden">
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
        {failed ? <RefusedUpload upload={failed} /> : null}
        {registered ? (
          <Callout
            tone={registered.message.startsWith("These bytes") ? "info" : "positive"}
            title={registered.fileName}
          >
            {registered.message}{" "}
            {registered.versionId !== shownVersionId && registered.versionNumber !== null ? (
              <Link
                className="text-accent-text hover:underline"
                href={datasetVersionHref(registered.slug, registered.versionNumber)}
              >
                Open version {registered.versionNumber}
              </Link>
            ) : null}
          </Callout>
        ) : null}
      </div>
      {/* Only what changes the state is spoken; the running time beside it would be, every second. */}
      <div aria-live="polite" className="sr-only">
        {running.map((upload) => (
          <p key={upload.id}>{`${upload.fileName}: ${STEPS[upload.state] ?? ""}`}</p>
        ))}
        {failed ? (
          <p>{`${failed.fileName} was not registered. ${failed.error?.message ?? failed.message}`}</p>
        ) : null}
        {registered ? <p>{`${registered.fileName}: ${registered.message}`}</p> : null}
      </div>
    </>
  );
}
