"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { BarChart } from "@/components/chart/bar-chart";
import { CopySnippet } from "@/components/common/copy-snippet";
import { EntityLink } from "@/components/common/entity-link";
import { downloadText, ExportMenu, toCsv } from "@/components/common/export-menu";
import { formatCount, formatDuration } from "@/components/common/format";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { Segments } from "@/components/common/segments";
import { StatusBadge } from "@/components/common/status-badge";
import { Moment } from "@/components/common/time-ago";
import { useTRPC } from "@/components/kit/trpc";
import {
  Table,
  TableBody,
  TableCaption,
  TableCell,
  TableHead,
  TableHeader,
  TableRow,
} from "@/components/ui/table";
import { versionHref } from "@/server/registry/kinds";
import { VelocityTiles, WINDOW_WORDS } from "./velocity-tiles";
import { rolloutHref } from "@/server/serving/kinds";

const WINDOWS = ["7d", "30d", "90d", "365d"] as const;

interface Cycle {
  versionId: string;
  model: string;
  number: number;
  startedAtMs: number;
  gatesFirst: string | null;
  returns: number;
  stages: { totalMs: number } | null;
}
interface Promotion {
  id: string;
  deployment: string;
  state: string;
  reason: string;
  model: string;
  number: number;
  finished: number;
}

function Cycles({ rows }: { rows: readonly Cycle[] }) {
  return (
    <Section
      id="cycles"
      title="Versions and their cycles"
      frame="flush"
      description="From the job's dispatch (else the run's start) to the first production request. Open cycles have not reached production."
    >
      <Table label="Cycle of each version">
        <TableCaption>Versions registered in the window, newest first</TableCaption>
        <TableHeader>
          <TableRow>
            <TableHead>Version</TableHead>
            <TableHead>Cycle</TableHead>
            <TableHead className="hidden sm:table-cell">Started</TableHead>
            <TableHead className="hidden md:table-cell">Gates, first try</TableHead>
            <TableHead className="hidden text-right md:table-cell">Returns</TableHead>
          </TableRow>
        </TableHeader>
        <TableBody>
          {rows.length === 0 ? (
            <TableRow>
              <TableCell colSpan={5} className="text-fg-subtle">
                No version was registered in this window.
              </TableCell>
            </TableRow>
          ) : null}
          {rows.map((row) => (
            <TableRow key={row.versionId}>
              <TableCell>
                <EntityLink
                  kind="version"
                  href={versionHref(row.model, row.number)}
                  label={`${row.model} version ${row.number}`}
                />
              </TableCell>
              <TableCell data-numeric>{row.stages ? formatDuration(row.stages.totalMs) : "open"}</TableCell>
              <TableCell className="hidden sm:table-cell">
                <Moment value={row.startedAtMs} />
              </TableCell>
              <TableCell className="hidden md:table-cell">
                {row.gatesFirst === null ? "not run" : <StatusBadge status={row.gatesFirst} />}
              </TableCell>
              <TableCell data-numeric className="hidden text-right md:table-cell">
                {row.returns}
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Section>
  );
}

function Promotions({ rows }: { rows: readonly Promotion[] }) {
  return (
    <Section
      id="promotions"
      title="Promotions of versions that passed every gate"
      frame="flush"
      description="Every gate let these through. One that production sent back is what the gates missed (a false negative)."
    >
      <Table label="Promotions">
        <TableCaption>Finished production rollouts, newest first</TableCaption>
        <TableHeader>
          <TableRow>
            <TableHead>Rollout</TableHead>
            <TableHead>State</TableHead>
            <TableHead className="hidden md:table-cell">Why</TableHead>
            <TableHead className="hidden sm:table-cell">Finished</TableHead>
          </TableRow>
        </TableHeader>
        <TableBody>
          {rows.length === 0 ? (
            <TableRow>
              <TableCell colSpan={4} className="text-fg-subtle">
                No version that passed every gate finished its rollout in this window.
              </TableCell>
            </TableRow>
          ) : null}
          {rows.map((row) => (
            <TableRow key={row.id}>
              <TableCell>
                <EntityLink
                  kind="rollout"
                  href={rolloutHref(row.deployment, row.id)}
                  label={`${row.model} version ${row.number} on ${row.deployment}`}
                />
              </TableCell>
              <TableCell>
                <StatusBadge status={row.state} />
              </TableCell>
              <TableCell className="hidden text-fg-muted md:table-cell">{row.reason}</TableCell>
              <TableCell className="hidden sm:table-cell">
                <Moment value={row.finished} />
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Section>
  );
}

/** How fast the line is and where it waits, computed from what happened; every number leads to its rows. */
export function VelocityPage({ host }: { host: string }) {
  const trpc = useTRPC();
  const [window, setWindow] = useQueryState("window", parseAsStringLiteral(WINDOWS).withDefault("30d"));
  const { data } = useQuery(
    trpc.insights.velocity.queryOptions({ window }, { placeholderData: keepPreviousData }),
  );
  const exportAll = (format: "csv" | "json") => {
    if (!data) return;
    const rows = data.rows.cycles.map(({ stages, ...row }) => ({ ...row, ...stages }));
    downloadText(
      `velocity-${window}.${format}`,
      format === "csv" ? toCsv(rows) : JSON.stringify(data, null, 2),
      format === "csv" ? "text/csv" : "application/json",
    );
  };
  return (
    <div className="flex min-w-0 flex-col gap-6">
      <PageHeader
        title="Insights"
        description={`How fast the line was in the ${WINDOW_WORDS[window]} and where it waited. Quantiles are nearest ranks; shares carry Wilson intervals; nothing is typed in.`}
        actions={
          <>
            <Segments
              label="Window"
              value={window}
              values={WINDOWS}
              nameOf={(name) => WINDOW_WORDS[name]}
              onChange={(next) => void setWindow(next)}
            />
            <ExportMenu scope="Versions of the window with their stages" onExport={exportAll} />
          </>
        }
      />
      <VelocityTiles window={window} />
      {data ? (
        <>
          {data.cycle.n === 0 ? (
            <Section id="stages" title="Where the time goes" frame="card">
              <p className="text-fg-muted">
                No cycle has finished in this window: no version went from its run to production.
              </p>
            </Section>
          ) : (
            <section id="stages" className="scroll-mt-16">
              <BarChart
                title="Where the time goes"
                summary={`Mean of each stage over ${formatCount(data.cycle.n, "finished cycle")}; the stages sum to the mean cycle.`}
                horizontal
                height={260}
                format={(value) => formatDuration(value)}
                series={[{ id: "mean", label: "Mean" }]}
                categories={data.stages.map((stage) => ({
                  label: stage.label,
                  values: { mean: stage.meanMs },
                }))}
              />
            </section>
          )}
          <Cycles rows={data.rows.cycles} />
          <Promotions rows={data.rows.promotions} />
        </>
      ) : null}
      <CopySnippet
        title="Get this by API"
        snippets={[
          {
            label: "curl",
            code: `curl -H "authorization: Bearer $MODELWORKS_TOKEN" "${host}/api/v1/insights/velocity?window=${window}"`,
          },
        ]}
      />
    </div>
  );
}
