import { formatCount, formatMetric, formatNumber, formatPercent } from "@/components/common/format";
import { Badge } from "@/components/ui/badge";
import {
  Table,
  TableBody,
  TableCaption,
  TableCell,
  TableHead,
  TableHeader,
  TableRow,
} from "@/components/ui/table";
import { MiniHistogram } from "./mini-histogram";
import type { Profile, Version } from "./types";

const isTemporal = (type: string) => type === "date" || type.startsWith("timestamp");

function TopValues({ profile }: { profile: Profile }) {
  const present = profile.count - profile.nulls;
  return (
    <ul className="flex max-w-56 flex-col gap-0.5 text-sm">
      {profile.top.slice(0, 3).map((item) => (
        <li key={JSON.stringify(item.value)} className="flex gap-2">
          <span className="min-w-0 flex-1 truncate font-mono" title={String(item.value)}>
            {item.value === "" ? <span className="text-fg-subtle">empty text</span> : String(item.value)}
          </span>
          <span data-numeric className="text-fg-muted">
            {formatPercent(present === 0 ? 0 : item.count / present)}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Numbers({ profile, type }: { profile: Profile; type: string }) {
  if (profile.length) {
    const { min, max } = profile.length;
    return (
      <span className="text-sm text-fg-muted">
        {min === max ? formatCount(min, "character") : `${min} to ${formatCount(max, "character")}`}
      </span>
    );
  }
  if (!profile.quantiles || isTemporal(type) || type === "boolean") return null;
  return (
    <span className="text-sm whitespace-nowrap text-fg-muted" data-numeric>
      mean {formatMetric(profile.mean)} · std {formatMetric(profile.std)} · median{" "}
      {formatMetric(profile.quantiles.p50)}
    </span>
  );
}

const text = (value: Profile["min"]) =>
  typeof value === "number" ? formatMetric(value) : value === null ? "–" : String(value);

function Row({ column, profile }: { column: Version["columns"][number]; profile: Profile }) {
  const missing = profile.count === 0 ? 0 : profile.nulls / profile.count;
  return (
    <TableRow>
      <TableHead scope="row" className="max-w-60 text-base font-medium text-fg">
        <span className="block truncate font-mono" title={column.name}>
          {column.name}
        </span>
        {profile.remark ? (
          <span className="block text-sm font-normal whitespace-normal text-warning">{profile.remark}</span>
        ) : null}
      </TableHead>
      <TableCell>
        <span className="inline-flex items-center gap-1.5">
          <Badge title={`Stored as ${column.engineType}`}>{column.type}</Badge>
          {column.nullable ? null : <span className="text-sm text-fg-subtle">required</span>}
        </span>
      </TableCell>
      <TableCell data-numeric className="text-end whitespace-nowrap">
        {profile.nulls === 0 ? (
          <span className="text-fg-subtle">none</span>
        ) : (
          `${formatNumber(profile.nulls)} (${formatPercent(missing)})`
        )}
        {profile.nonFinite > 0 ? (
          <span className="block text-sm text-warning">{formatNumber(profile.nonFinite)} not finite</span>
        ) : null}
      </TableCell>
      <TableCell data-numeric className="text-end">
        {formatNumber(profile.distinct)}
      </TableCell>
      <TableCell
        data-numeric
        className="max-w-48 truncate"
        title={`${text(profile.min)} to ${text(profile.max)}`}
      >
        {text(profile.min)} to {text(profile.max)}
      </TableCell>
      <TableCell>
        <div className="flex flex-col gap-0.5">
          {profile.histogram.length > 1 ? (
            <MiniHistogram bins={profile.histogram} label={column.name} temporal={isTemporal(column.type)} />
          ) : (
            <TopValues profile={profile} />
          )}
          <Numbers profile={profile} type={column.type} />
        </div>
      </TableCell>
    </TableRow>
  );
}

/** Schema and exact statistics of every column. */
export function ProfilePanel({ version }: { version: Version }) {
  const profiles = new Map(version.profile.map((each) => [each.name, each]));
  return (
    <div className="overflow-hidden rounded-lg border bg-surface">
      <Table label="Schema and profile">
        <TableCaption>Schema and profile of version {version.number}, exact over all rows</TableCaption>
        <TableHeader>
          <TableRow>
            <TableHead>Column</TableHead>
            <TableHead>Type</TableHead>
            <TableHead className="text-end">Missing</TableHead>
            <TableHead className="text-end">Distinct</TableHead>
            <TableHead>Range</TableHead>
            <TableHead>Distribution</TableHead>
          </TableRow>
        </TableHeader>
        <TableBody>
          {version.columns.map((column) => {
            const profile = profiles.get(column.name);
            return profile ? <Row key={column.name} column={column} profile={profile} /> : null;
          })}
        </TableBody>
      </Table>
    </div>
  );
}
