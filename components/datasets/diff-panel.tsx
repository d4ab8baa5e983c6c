"use client";
import { useQuery } from "@tanstack/react-query";
import { parseAsInteger, useQueryStates } from "nuqs";
import { useId, type ReactNode } from "react";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatMetric, formatNumber, formatPercent } from "@/components/common/format";
import { RowsSkeleton } from "@/components/common/skeletons";
import { Section } from "@/components/common/section";
import { StatTile } from "@/components/common/stat-tile";
import { useTRPC } from "@/components/kit/trpc";
import { Badge } from "@/components/ui/badge";
import { Callout } from "@/components/ui/callout";
import { Label } from "@/components/ui/label";
import { NativeSelect } from "@/components/ui/select";
import {
  Table,
  TableBody,
  TableCaption,
  TableCell,
  TableHead,
  TableHeader,
  TableRow,
} from "@/components/ui/table";
import type { Diff, VersionRow } from "./types";

function Choice(props: {
  label: string;
  value: number;
  versions: readonly VersionRow[];
  onChange: (to: number) => void;
}) {
  const id = useId();
  return (
    <div className="flex items-center gap-2">
      <Label htmlFor={id}>{props.label}</Label>
      <NativeSelect
        id={id}
        value={String(props.value)}
        onChange={(event) => props.onChange(Number(event.target.value))}
      >
        {props.versions.map((version) => (
          <option key={version.id} value={version.number}>
            Version {version.number}
          </option>
        ))}
      </NativeSelect>
    </div>
  );
}

function Columns({ diff }: { diff: Diff }) {
  const lines: { key: string; mark: ReactNode; text: ReactNode }[] = [
    ...diff.columnsAdded.map((column) => ({
      key: `+${column.name}`,
      mark: <Badge tone="positive">Added</Badge>,
      text: `${column.name}, ${column.type}`,
    })),
    ...diff.columnsRemoved.map((column) => ({
      key: `-${column.name}`,
      mark: <Badge tone="negative">Removed</Badge>,
      text: `${column.name}, ${column.type}`,
    })),
    ...diff.columnsRetyped.map((column) => ({
      key: `~${column.name}`,
      mark: <Badge tone="warning">Retyped</Badge>,
      text: `${column.name}, ${column.before} to ${column.after}`,
    })),
  ];
  if (lines.length === 0) return <p className="text-fg-muted">The same columns with the same types.</p>;
  return (
    <ul className="flex flex-col gap-1">
      {lines.map((line) => (
        <li key={line.key} className="flex items-center gap-2">
          {line.mark} <span className="font-mono text-sm">{line.text}</span>
        </li>
      ))}
    </ul>
  );
}

function verdictOf(shift: Diff["shifts"][number]): ReactNode {
  if (shift.value === 0) return <span className="text-fg-subtle">Same distribution</span>;
  if (shift.beyondChance === true) return <Badge tone="warning">Beyond chance (1%)</Badge>;
  if (shift.beyondChance === false) return <span className="text-fg-muted">Within chance</span>;
  return <span className="text-fg-muted">{formatPercent(shift.value)} of the values moved</span>;
}

/** A mean in the column's own terms: a time as its day. */
function meanOf(shift: Diff["shifts"][number], mean: number | null): string {
  const isTime = shift.type === "date" || shift.type.startsWith("timestamp");
  return isTime && mean !== null ? new Date(mean * 1000).toISOString().slice(0, 10) : formatMetric(mean);
}

function Shifts({ diff }: { diff: Diff }) {
  const shifts = diff.shifts.toSorted((a, b) => b.value - a.value);
  return (
    <div className="overflow-hidden rounded-lg border bg-surface">
      <Table label="Shift of each column">
        <TableCaption>Shift of each shared column, largest first</TableCaption>
        <TableHeader>
          <TableRow>
            <TableHead>Column</TableHead>
            <TableHead className="text-end">Distance</TableHead>
            <TableHead>Verdict</TableHead>
            <TableHead className="text-end">Mean</TableHead>
            <TableHead className="text-end">Missing</TableHead>
          </TableRow>
        </TableHeader>
        <TableBody>
          {shifts.map((shift) => (
            <TableRow key={shift.name}>
              <TableHead scope="row" className="font-mono text-fg">
                {shift.name}
              </TableHead>
              <TableCell data-numeric className="text-end whitespace-nowrap">
                {formatMetric(shift.value, 3)}{" "}
                <abbr
                  title={
                    shift.statistic === "ks" ? "Kolmogorov-Smirnov distance" : "Total variation distance"
                  }
                  className="text-sm text-fg-subtle no-underline"
                >
                  {shift.statistic.toUpperCase()}
                </abbr>
              </TableCell>
              <TableCell>{verdictOf(shift)}</TableCell>
              <TableCell data-numeric className="text-end whitespace-nowrap">
                {shift.meanBefore === null
                  ? "–"
                  : `${meanOf(shift, shift.meanBefore)} → ${meanOf(shift, shift.meanAfter)}`}
              </TableCell>
              <TableCell data-numeric className="text-end whitespace-nowrap">
                {formatPercent(shift.nullShareBefore)} → {formatPercent(shift.nullShareAfter)}
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </div>
  );
}

function Body({ diff, sameContent }: { diff: Diff; sameContent: boolean }) {
  return (
    <div className="flex flex-col gap-6">
      {sameContent ? (
        <Callout tone="info" title="The same content">
          Both versions hold the same table; only the stored files differ.
        </Callout>
      ) : null}
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <StatTile
          label="Rows"
          value={formatNumber(diff.rowsAfter)}
          note={`before: ${formatNumber(diff.rowsBefore)}`}
        />
        <StatTile label="Rows added" value={formatNumber(diff.rowsAdded)} />
        <StatTile label="Rows removed" value={formatNumber(diff.rowsRemoved)} />
        <StatTile
          label="Rows unchanged"
          value={formatNumber(diff.rowsUnchanged)}
          note={`compared by ${diff.rowsComparedBy}`}
        />
      </div>
      <Section title="Columns" frame="card">
        <Columns diff={diff} />
      </Section>
      {diff.shifts.length > 0 ? (
        <Section
          title="Distributions"
          description="KS: greatest distance of the two distribution functions. TV: half the summed differences of the shares. Both from 0 (same) to 1."
        >
          <Shifts diff={diff} />
        </Section>
      ) : null}
    </div>
  );
}

/** Two versions side by side; which two is in the URL. */
export function DiffPanel({ slug, number }: { slug: string; number: number }) {
  const trpc = useTRPC();
  const [chosen, setChosen] = useQueryStates(
    { from: parseAsInteger, to: parseAsInteger },
    { history: "push" },
  );
  const versions = useQuery(trpc.datasets.versions.queryOptions({ slug, limit: 200 }));
  const to = chosen.to ?? number;
  const from = chosen.from ?? Math.max(1, to - 1);
  const idOf = (wanted: number) => versions.data?.items.find((each) => each.number === wanted)?.id;
  const [before, after] = [idOf(from), idOf(to)];
  const ready = before !== undefined && after !== undefined && before !== after;
  const diff = useQuery(
    trpc.datasets.diff.queryOptions(
      { before: before ?? "", after: after ?? "" },
      { enabled: ready, staleTime: Infinity },
    ),
  );
  if (versions.error && !versions.data)
    return <ErrorNotice error={versions.error} onRetry={() => void versions.refetch()} />;
  if (!versions.data) return <RowsSkeleton />;
  if (versions.data.items.length < 2) {
    return (
      <p className="text-fg-muted">
        There is one version only. Upload another, and what changed will be shown here.
      </p>
    );
  }
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap gap-4">
        <Choice
          label="From"
          value={from}
          versions={versions.data.items}
          onChange={(next) => void setChosen({ from: next, to })}
        />
        <Choice
          label="To"
          value={to}
          versions={versions.data.items}
          onChange={(next) => void setChosen({ from, to: next })}
        />
      </div>
      {!ready ? (
        <p className="text-fg-muted">Choose two different versions.</p>
      ) : diff.error ? (
        <ErrorNotice error={diff.error} onRetry={() => void diff.refetch()} />
      ) : diff.data ? (
        <Body
          diff={diff.data.diff}
          sameContent={diff.data.before.contentDigest === diff.data.after.contentDigest}
        />
      ) : (
        <RowsSkeleton />
      )}
    </div>
  );
}
