import { Skeleton } from "@/components/ui/skeleton";

const ROWS = ["a", "b", "c", "d", "e", "f", "g", "h"];

function Busy() {
  return (
    <output aria-busy="true" className="sr-only">
      Loading
    </output>
  );
}

/** Table rows in the shape of a list. */
export function RowsSkeleton({ rows = 8 }: { rows?: number }) {
  return (
    <div className="divide-y">
      <Busy />
      {ROWS.slice(0, rows).map((row) => (
        <div key={row} className="flex h-10 items-center gap-4 px-3">
          <Skeleton className="h-3.5 w-1/3" />
          <Skeleton className="h-5 w-20" />
          <Skeleton className="hidden h-3.5 w-24 sm:block" />
          <Skeleton className="ml-auto h-3.5 w-16" />
        </div>
      ))}
    </div>
  );
}

/** A list page: title, filter bar, rows. */
export function ListSkeleton() {
  return (
    <div className="flex flex-col gap-4">
      <div className="flex items-center justify-between">
        <Skeleton className="h-7 w-48" />
        <Skeleton className="h-8 w-28" />
      </div>
      <Skeleton className="h-8 w-72 max-w-full" />
      <div className="rounded-lg border bg-surface">
        <RowsSkeleton />
      </div>
    </div>
  );
}

/** An entity page: breadcrumbs, title with state, facts, two columns. */
export function DetailSkeleton() {
  return (
    <div className="flex flex-col gap-4">
      <Busy />
      <Skeleton className="h-3.5 w-40" />
      <div className="flex items-center gap-2">
        <Skeleton className="h-7 w-64 max-w-[60%]" />
        <Skeleton className="h-5 w-20" />
        <Skeleton className="ml-auto h-8 w-28" />
      </div>
      <div className="grid gap-4 lg:grid-cols-[1fr_20rem]">
        <Skeleton className="h-72 rounded-lg" />
        <Skeleton className="h-72 rounded-lg" />
      </div>
    </div>
  );
}

/** A chart's box, so that nothing moves when the chart arrives. */
export function ChartSkeleton({ height = 220 }: { height?: number }) {
  return (
    <div style={{ height }} className="flex items-end gap-1 overflow-hidden">
      <Busy />
      <Skeleton className="size-full rounded-md" />
    </div>
  );
}
