"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Database } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { EmptyState } from "@/components/common/empty-state";
import { ErrorNotice } from "@/components/common/error-notice";
import { readError } from "@/components/kit/error-shape";
import { formatBytes, formatNumber } from "@/components/common/format";
import { LiveDot } from "@/components/common/live-dot";
import { NotFoundState } from "@/components/common/not-found-state";
import { OwnerChip } from "@/components/common/owner-chip";
import { PageHeader } from "@/components/common/page-header";
import { DetailSkeleton, RowsSkeleton } from "@/components/common/skeletons";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { useCan } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@/components/ui/tabs";
import { useLive } from "@/components/kit/use-live";
import { ClassificationBadge } from "./classification-badge";
import { DiffPanel } from "./diff-panel";
import { LineagePanel } from "./lineage-panel";
import { LoadPanel } from "./load-panel";
import { PreviewPanel } from "./preview-panel";
import { ProfilePanel } from "./profile-panel";
import { Callout } from "@/components/ui/callout";
import { uploadSnippets } from "./snippets";
import { TimelinePanel } from "./timeline-panel";
import type { Dataset, Version } from "./types";
import { UploadButton } from "./upload-button";
import { UploadStrip } from "./upload-strip";
import { useOrigin } from "@/components/common/use-origin";
import { VersionsPanel } from "./versions-panel";
import { datasetHref, datasetTopic, datasetVersionHref } from "@/server/datasets/kinds";

const SettingsPanel = dynamic(() => import("./settings-panel").then((module) => module.SettingsPanel), {
  loading: () => <RowsSkeleton />,
});

const VERSION_TABS = ["preview", "profile", "load", "lineage"] as const;
const DATASET_TABS = ["versions", "diff", "timeline", "settings"] as const;
const TABS = [...VERSION_TABS, ...DATASET_TABS] as const;
const LABELS: Record<(typeof TABS)[number], string> = {
  preview: "Preview",
  profile: "Schema and profile",
  load: "Load and verify",
  lineage: "Lineage and consumers",
  versions: "Versions",
  diff: "Compare",
  timeline: "Timeline",
  settings: "Settings",
};

function Header(props: { dataset: Dataset; version: Version | undefined; pinned: boolean }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const { dataset, version, pinned } = props;
  const permission = useCan("datasets.dataset.write");
  const live = useLive([datasetTopic(dataset.id)], [trpc.datasets.pathKey()]);
  const base = [{ label: "Datasets", href: "/datasets" }];
  const blocked = dataset.archivedAt ? "The dataset is archived; restore it in Settings." : permission.reason;
  return (
    <PageHeader
      title={pinned && version ? `${dataset.name}, version ${version.number}` : dataset.name}
      breadcrumbs={
        pinned && version
          ? [
              ...base,
              { label: dataset.name, href: datasetHref(dataset.slug) },
              { label: `Version ${version.number}` },
            ]
          : [...base, { label: dataset.name }]
      }
      status={
        <>
          {dataset.archivedAt ? <StatusBadge status="archived" /> : null}
          <ClassificationBadge value={dataset.classification} />
        </>
      }
      description={dataset.description || undefined}
      meta={
        <>
          <OwnerChip name={dataset.ownerName} />
          {version ? (
            <span data-numeric>
              Version {version.number}, {formatNumber(version.rowCount)} rows,{" "}
              {formatBytes(version.sizeBytes)} {version.format === "csv" ? "CSV" : "Parquet"}
            </span>
          ) : null}
          <span>
            Updated <TimeAgo value={pinned && version ? version.createdAt : dataset.updatedAt} />
          </span>
          {live.updatedAt ? <LiveDot updatedAt={live.updatedAt ?? null} status={live.status} /> : null}
        </>
      }
      actions={
        <UploadButton
          slug={dataset.slug}
          name={dataset.name}
          blocked={blocked}
          onSent={() => void queryClient.invalidateQueries({ queryKey: trpc.datasets.pathKey() })}
        />
      }
    />
  );
}

function Panels({ dataset, version }: { dataset: Dataset; version: Version }) {
  const [tab, setTab] = useQueryState(
    "tab",
    parseAsStringLiteral(TABS).withDefault("preview").withOptions({ history: "push" }),
  );
  return (
    <Tabs value={tab} onValueChange={(next) => void setTab(TABS.find((each) => each === next) ?? "preview")}>
      <TabsList aria-label="Parts of the dataset">
        {TABS.map((each) => (
          <TabsTrigger key={each} value={each}>
            {LABELS[each]}
          </TabsTrigger>
        ))}
      </TabsList>
      <TabsContent value="preview">
        <PreviewPanel versionId={version.id} />
      </TabsContent>
      <TabsContent value="profile">
        <ProfilePanel version={version} />
      </TabsContent>
      <TabsContent value="load">
        <LoadPanel version={version} />
      </TabsContent>
      <TabsContent value="lineage">
        <LineagePanel versionId={version.id} />
      </TabsContent>
      <TabsContent value="versions">
        <VersionsPanel slug={dataset.slug} />
      </TabsContent>
      <TabsContent value="diff">
        <DiffPanel slug={dataset.slug} number={version.number} />
      </TabsContent>
      <TabsContent value="timeline">
        <TimelinePanel slug={dataset.slug} />
      </TabsContent>
      <TabsContent value="settings">
        <SettingsPanel dataset={dataset} />
      </TabsContent>
    </Tabs>
  );
}

function Unversioned({ dataset }: { dataset: Dataset }) {
  const origin = useOrigin();
  return (
    <div className="flex flex-col gap-8">
      {dataset.uploads.some((upload) => upload.finishedAt === null) ? null : (
        <EmptyState
          icon={Database}
          title="No version yet"
          text="Upload a CSV or Parquet file with the button above, or from a script."
          snippets={uploadSnippets(origin, dataset.slug)}
        />
      )}
      <SettingsPanel dataset={dataset} />
    </div>
  );
}

/** A dataset with its latest version, or with the version that the address pins. */
export function DatasetPage({ slug, number }: { slug: string; number?: number }) {
  const trpc = useTRPC();
  const dataset = useQuery(trpc.datasets.get.queryOptions({ slug }));
  const shown = number ?? dataset.data?.latestVersion ?? null;
  const version = useQuery(
    trpc.datasets.versionByNumber.queryOptions(
      { slug, number },
      { enabled: shown !== null, ...(number === undefined ? {} : { staleTime: Infinity }) },
    ),
  );
  if ([dataset, version].some(({ error }) => error && readError(error).code === "not_found"))
    return <NotFoundState what="This dataset" />;
  const failed = [dataset, version].find(({ error, data }) => error && !data);
  if (failed) return <ErrorNotice error={failed.error} onRetry={() => void failed.refetch()} />;
  if (!dataset.data) return <DetailSkeleton />;
  const latest = dataset.data.latestVersion;
  return (
    <>
      <Header dataset={dataset.data} version={version.data} pinned={number !== undefined} />
      <div className="flex min-w-0 flex-col gap-4">
        {number !== undefined && latest !== null && latest > number ? (
          <p className="text-fg-muted">
            This is an older version.{" "}
            <Link className="text-accent-text hover:underline" href={datasetVersionHref(slug, latest)}>
              The latest is version {latest}.
            </Link>
          </p>
        ) : null}
        {version.data && version.data.remarks.length > 0 ? (
          <Callout tone="warning" title="How the file was read">
            {version.data.remarks.join(" ")}
          </Callout>
        ) : null}
        <UploadStrip uploads={dataset.data.uploads} shownVersionId={version.data?.id ?? null} />
        {shown === null ? (
          <Unversioned dataset={dataset.data} />
        ) : version.data ? (
          <Panels dataset={dataset.data} version={version.data} />
        ) : (
          <DetailSkeleton />
        )}
      </div>
    </>
  );
}
