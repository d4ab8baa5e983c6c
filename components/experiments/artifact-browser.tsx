"use client";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight, Download, File, Folder } from "lucide-react";
import { useState } from "react";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatBytes } from "@/components/common/format";
import { RowsSkeleton } from "@/components/common/skeletons";
import { useTRPC } from "@/components/kit/trpc";

/** The files under an artifact folder, one level at a time; each downloads from the artifact proxy. */
export function ArtifactBrowser({ root }: { root: string }) {
  const trpc = useTRPC();
  const [folder, setFolder] = useState("");
  const path = folder === "" ? root : `${root}/${folder}`;
  const list = useQuery(trpc.experiments.artifacts.queryOptions({ path }));
  const parts = folder === "" ? [] : folder.split("/");
  return (
    <div className="rounded-lg border bg-surface">
      <nav
        aria-label="Artifact folder"
        className="flex flex-wrap items-center gap-1 border-b px-3 py-2 text-sm"
      >
        <button
          type="button"
          className="min-h-6 rounded-sm px-1 text-accent-text hover:underline"
          onClick={() => setFolder("")}
        >
          artifacts
        </button>
        {parts.map((part, index) => (
          <span key={parts.slice(0, index + 1).join("/")} className="flex items-center gap-1">
            <ChevronRight aria-hidden className="size-3.5 text-fg-subtle" />
            <button
              type="button"
              className="min-h-6 rounded-sm px-1 text-accent-text hover:underline"
              onClick={() => setFolder(parts.slice(0, index + 1).join("/"))}
            >
              {part}
            </button>
          </span>
        ))}
      </nav>
      {list.isPending ? <RowsSkeleton rows={3} /> : null}
      {list.error ? <ErrorNotice error={list.error} onRetry={() => void list.refetch()} /> : null}
      {list.data?.length === 0 ? <p className="px-3 py-4 text-sm text-fg-muted">No files here yet.</p> : null}
      <ul>
        {list.data?.map((entry) => {
          const name = entry.path.split("/").at(-1) ?? entry.path;
          return (
            <li
              key={entry.path}
              className="flex items-center gap-2 border-b px-3 py-1.5 text-sm last:border-0"
            >
              {entry.isDir ? (
                <Folder aria-hidden className="size-4 text-fg-subtle" />
              ) : (
                <File aria-hidden className="size-4 text-fg-subtle" />
              )}
              {entry.isDir ? (
                <button
                  type="button"
                  className="min-h-6 truncate text-left hover:underline"
                  onClick={() => setFolder(entry.path)}
                >
                  {name}/
                </button>
              ) : (
                <a
                  className="inline-flex min-h-6 min-w-0 flex-1 items-center gap-2 hover:underline"
                  href={`/api/2.0/mlflow-artifacts/artifacts/${root}/${entry.path.split("/").map(encodeURIComponent).join("/")}`}
                >
                  <span className="truncate">{name}</span>
                  <span className="ml-auto text-fg-muted" data-numeric>
                    {formatBytes(entry.sizeBytes ?? null)}
                  </span>
                  <Download aria-label="Download" className="size-4 text-fg-subtle" />
                </a>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
