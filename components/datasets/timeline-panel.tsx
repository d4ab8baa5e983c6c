"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { diffRecords } from "@/components/common/diff-view";
import { ErrorNotice } from "@/components/common/error-notice";
import { RowsSkeleton } from "@/components/common/skeletons";
import { Timeline } from "@/components/common/timeline";
import { useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";

type Entry = { action: string; before: Record<string, unknown>; after: Record<string, unknown> };

const asText = (value: unknown) =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

function sentence({ action, after }: Entry): string {
  const file = asText(after.fileName);
  const number = asText(after.number);
  const known: Record<string, string> = {
    "datasets.dataset.create": "created the dataset",
    "datasets.dataset.update": "changed the dataset",
    "datasets.dataset.archive": "archived the dataset",
    "datasets.dataset.restore": "restored the dataset",
    "datasets.upload.receive": `uploaded ${file}`,
    "datasets.upload.repeat": `uploaded ${file} again; the bytes were here already`,
    "datasets.upload.fail": `refused ${file}: ${asText(after.message)}`,
    "datasets.version.register": `registered version ${number}`,
    "datasets.version.deduplicate": `recognised the upload as version ${number}`,
  };
  return known[action] ?? action;
}

/** Who did what to the dataset and its versions, from the audit log. */
export function TimelinePanel({ slug }: { slug: string }) {
  const trpc = useTRPC();
  const timeline = useInfiniteQuery(
    trpc.datasets.timeline.infiniteQueryOptions({ slug }, { getNextPageParam: (page) => page.nextCursor }),
  );
  if (timeline.error && !timeline.data)
    return <ErrorNotice error={timeline.error} onRetry={() => void timeline.refetch()} />;
  if (!timeline.data) return <RowsSkeleton />;
  const items = timeline.data.pages.flatMap((page) => page.items);
  return (
    <div className="flex max-w-3xl flex-col gap-3">
      <Timeline
        entries={items.map((item) => ({
          id: item.id,
          at: item.at,
          actor: item.actor,
          text: sentence(item),
          tone: item.action.endsWith(".fail")
            ? "negative"
            : item.action.endsWith(".register")
              ? "positive"
              : "neutral",
          changes: item.action.endsWith(".update") ? diffRecords(item.before, item.after) : undefined,
        }))}
      />
      {timeline.hasNextPage ? (
        <Button
          className="self-start"
          pending={timeline.isFetchingNextPage}
          onClick={() => void timeline.fetchNextPage()}
        >
          Show older
        </Button>
      ) : null}
    </div>
  );
}
